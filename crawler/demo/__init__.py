"""A made-up rights organisation's website on a loopback server, for `khronika demo` and for the tests.

People, organisations, places of detention, cases and addresses are invented; the furniture around the texts
(ticker, counters, menus, teasers, notices) and the habits of the server are those of real sites.
"""

from crawler.demo.site import DemoPage, DemoSite, Edit, Served

__all__ = ["DemoPage", "DemoSite", "Edit", "Served"]
