"""What a worker of the reading stage imports, so that the fork server has it once for all."""

import langdetect.detector_factory
import trafilatura

import pipelines.change
import pipelines.reading

__all__ = ["langdetect", "pipelines", "trafilatura"]
