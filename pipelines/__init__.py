"""Page → reading → language → change → catalogue rows."""
