"""A thousand commands among everything that can end one: each has exactly one result."""

from __future__ import annotations

import signal
from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np
from goals import Goal, Goals
from lifecycle_msgs.msg import Transition
from node_process import next_domain, running_node
from pictures import picture, rgb_message
from rex_thinker_ros.msg import Referral
from ros_client import Client, connected

COMMANDS = 1000
GOOD = rgb_message(picture())
FAULTY = rgb_message(picture(2, 300))  # has fewer cells than the tiny detector has queries
CUT_OFF = rgb_message(picture())
CUT_OFF.data = CUT_OFF.data[:100]
MODES = ("newest_wins", "queue", "reject")


class Storm:
    """Send commands by topic and by action, and disturb them in every way, at random."""

    def __init__(self, client: Client, goals: Goals, rng: np.random.Generator) -> None:
        self.client, self.goals, self.rng = client, goals, rng
        self.sentences: list[str] = []
        self.sent_goals: dict[str, Goal] = {}

    def command(self) -> None:
        """Send the next command."""
        sentence = f"pick up the red mug {len(self.sentences)}"
        self.sentences.append(sentence)
        if self.rng.random() < 0.3:
            image = self.rng.choice([0, 1, 2, 3], p=[0.5, 0.2, 0.15, 0.15])
            fields: dict[str, Any] = {"image": (GOOD, FAULTY, CUT_OFF, None)[image]}
            self.sent_goals[sentence] = self.goals.send(
                sentence, **{name: value for name, value in fields.items() if value}
            )
        else:
            self.client.send(sentence)

    def disturb(self) -> None:
        """Do one of the things that end commands, or nothing."""
        roll = self.rng.random()
        if roll < 0.15 and self.sent_goals:
            list(self.sent_goals.values())[-1].cancel()
        elif roll < 0.20:
            self.client.set_parameter("on_new_command", str(self.rng.choice(MODES)))
        elif roll < 0.22:
            self.client.change_state(Transition.TRANSITION_DEACTIVATE)
        elif roll < 0.30:
            self.client.change_state(Transition.TRANSITION_ACTIVATE)
        elif roll < 0.50:
            self.client.show(GOOD)
        elif roll < 0.60:
            self.client.spin(0.05)


def test_every_command_of_a_storm_has_exactly_one_result(tiny_models: Mapping[str, object]) -> None:
    domain = next_domain()
    parameters = {
        **tiny_models, "detector.box_threshold": 0.0, "reasoner.max_new_tokens": 8,
        "max_image_age": 0.0, "image_timeout": 0.05, "queue_size": 5,
    }  # fmt: skip
    with running_node(domain, parameters) as process, connected(domain) as client:
        goals = Goals(client)
        storm = Storm(client, goals, np.random.default_rng(0))
        for _ in range(COMMANDS):
            storm.command()
            storm.disturb()
        process.signal(signal.SIGTERM)
        client.wait(lambda: len(client.referrals) >= COMMANDS)
        assert process.wait() == 0
        client.spin(0.5)  # a second result would come by then

        assert Counter(r.command for r in client.referrals) == Counter(storm.sentences)
        assert len({r.id for r in client.referrals}) == COMMANDS
        by_sentence = {r.command: r for r in client.referrals}
        for sentence, goal in storm.sent_goals.items():
            assert goal.result()[1] == by_sentence[sentence]
        statuses = {r.status for r in client.referrals}
        assert statuses >= {
            Referral.PREEMPTED, Referral.CANCELED, Referral.BUSY, Referral.MODEL_ERROR,
            Referral.NO_IMAGE, Referral.TRUNCATED,
        }  # fmt: skip
        goals.close()
