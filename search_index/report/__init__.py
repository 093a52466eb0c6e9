"""The report on a period: what was asked, what was not answered, what to write next.

`make_report` reads events and a snapshot; `page` and `tables` show what it found.
"""

from search_index.report.contents import Period, Report, make_report

__all__ = ["Period", "Report", "make_report"]
