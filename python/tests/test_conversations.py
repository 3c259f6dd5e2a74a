"""The conversations that all languages share, with a server started from Python."""

from __future__ import annotations

from pathlib import Path

import conversation
import pytest

from faux_redis import FauxRedis

FOLDER = Path(conversation.__file__).parent
FILES = sorted(path for path in FOLDER.glob("*.md") if path.stem != "README")


@pytest.mark.parametrize("persona", conversation.RECORDED)
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_conversation_goes_as_it_did_with_the_real_server(path: Path, persona: str) -> None:
    read = conversation.Conversation.load(path)
    flavour, version = persona.split()
    differences = []
    for block in read.blocks:
        if not block.recordable or not block.applies_to(persona):
            continue
        with FauxRedis(flavour=flavour, version=version) as redis:  # type: ignore[arg-type]
            differences += conversation.play_block(read, block, "127.0.0.1", redis.port, persona)
    assert not differences, f"{len(differences)} differences\n" + "\n".join(map(str, differences))


def test_there_are_conversations() -> None:
    assert len(FILES) >= 12
