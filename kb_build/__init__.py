"""The write side: turns Markdown articles into a snapshot and a site."""
