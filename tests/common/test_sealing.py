"""What is sealed opens only with its key, and only in its place."""

from pathlib import Path

import pytest

from gridwhistle.common.sealing import CannotOpen, Seal, add_key, make_keys, read_keys

OLD, NEW = b"o" * 32, b"n" * 32


def test_what_was_sealed_opens_again_in_its_place() -> None:
    seal = Seal({1: OLD})

    assert seal.open(seal.close("答复".encode(), "here"), "here") == "答复".encode()


def test_it_does_not_open_elsewhere_or_changed_or_without_the_key() -> None:
    sealed = Seal({1: OLD}).close(b"answer", "here")

    for seal, content, place in (
        (Seal({1: OLD}), sealed, "there"),
        (Seal({1: OLD}), sealed[:-1] + bytes([sealed[-1] ^ 1]), "here"),
        (Seal({1: NEW}), sealed, "here"),
        (Seal({2: OLD}), sealed, "here"),
        (Seal({1: OLD}), b"\x07" + sealed[1:], "here"),
    ):
        with pytest.raises(CannotOpen):
            seal.open(content, place)


@pytest.mark.parametrize("length", [0, 1, 2, 5, 14, 29])
def test_what_was_cut_short_does_not_open(length: int) -> None:
    seal = Seal({1: OLD})
    sealed = seal.close(b"", "here")

    with pytest.raises(CannotOpen):
        seal.open(sealed[:length], "here")


def test_a_new_key_seals_and_the_old_one_still_opens() -> None:
    sealed = Seal({1: OLD}).close(b"answer", "here")
    both = Seal({1: OLD, 2: NEW})

    assert both.open(sealed, "here") == b"answer"
    assert Seal({2: NEW}).open(both.close(b"answer", "here"), "here") == b"answer"


def test_each_purpose_has_a_key_of_its_own() -> None:
    seal = Seal({1: OLD})

    with pytest.raises(CannotOpen):
        seal.open(seal.close(b"answer", "command_key.answer|a"), "member.phone|a")
    assert len({seal.mark("13800138000", purpose) for purpose in ("member.phone", "worker.phone")}) == 2


def test_a_blind_index_is_the_same_under_the_same_key_alone() -> None:
    mark = Seal({1: OLD}).mark("13800138000", "member.phone")

    assert len(mark) == 16
    assert mark == Seal({1: OLD}).mark("13800138000", "member.phone") != Seal({1: NEW}).mark("13800138000", "member.phone")
    assert mark in Seal({1: OLD, 2: NEW}).marks("13800138000", "member.phone")


def test_a_key_that_was_added_meanwhile_is_found_in_the_file(tmp_path: Path) -> None:
    make_keys(tmp_path / "keys")
    running = Seal.kept_in(tmp_path / "keys")

    assert add_key(tmp_path / "keys") == 2

    assert running.open(Seal.kept_in(tmp_path / "keys").close(b"answer", "here"), "here") == b"answer"
    assert (tmp_path / "keys").stat().st_mode & 0o077 == 0


def test_what_was_marked_with_a_key_that_was_added_meanwhile_is_searched_for(tmp_path: Path) -> None:
    make_keys(tmp_path / "keys")
    running = Seal.kept_in(tmp_path / "keys")
    running.marks("13800138000", "member.phone")
    add_key(tmp_path / "keys")
    mark = Seal.kept_in(tmp_path / "keys").mark("13800138000", "member.phone")

    marks = running.marks("13800138000", "member.phone")

    assert mark in marks
    assert len(marks) == 2


def test_a_search_goes_on_with_the_keys_that_are_known_while_the_file_is_away(tmp_path: Path) -> None:
    make_keys(tmp_path / "keys")
    running = Seal.kept_in(tmp_path / "keys")
    (tmp_path / "keys").unlink()

    marks = running.marks("13800138000", "member.phone")

    assert marks == [running.mark("13800138000", "member.phone")]


def test_a_key_file_is_its_owners_alone_and_a_bad_one_is_named(tmp_path: Path) -> None:
    make_keys(tmp_path / "keys")
    (tmp_path / "empty").touch()

    assert [len(key) for key in read_keys(tmp_path / "keys").values()] == [32]
    assert (tmp_path / "keys").stat().st_mode & 0o077 == 0
    with pytest.raises(ValueError, match="no usable keys"):
        read_keys(tmp_path / "empty")
