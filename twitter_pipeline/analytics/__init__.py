"""Analytics: figures by the hour."""
