"""What a worker of the reading stage imports, so that the fork server has it once for all."""

import signal

import langdetect.detector_factory
import trafilatura

import pipelines.change
import pipelines.page

__all__ = ["langdetect", "pipelines", "trafilatura"]

# Of the fork server: a terminal that closes tells all its processes, and the crawl ends this one when it is through.
signal.signal(signal.SIGHUP, signal.SIG_IGN)
