"""The application: command line, configuration, wire capture, frontier, runner."""
