"""The HTTP endpoint over a searcher."""

from search_index.api.app import create_app

__all__ = ["create_app"]
