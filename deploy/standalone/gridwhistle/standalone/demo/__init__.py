"""The demo county 990101 (示例县): generated from a seed, and loaded through the API."""
