"""Commands of `scrapy` that a checkout answers in its own way (COMMANDS_MODULE)."""
