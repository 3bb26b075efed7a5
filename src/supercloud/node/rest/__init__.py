"""REST door: the same queries as JSON, with routes derived from the annotations in the proto files."""
