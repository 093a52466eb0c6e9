"""The rules that tell a secret from a question, one module for each kind of evidence.

`search_index.secrets` is the way in. The data files beside these modules and their licences are
described in README.md; `tools/make_secret_data.py` makes them.
"""
