from tests import toolshed
def test_x():
    assert toolshed.tools is not None
