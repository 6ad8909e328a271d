"""Which pages to fetch, and what is where on them."""
