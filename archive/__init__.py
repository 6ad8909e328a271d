"""Evidence: bytes, files, time. Knows no Scrapy and no HTML."""
