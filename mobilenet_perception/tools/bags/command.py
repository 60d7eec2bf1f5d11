# SPDX-License-Identifier: Apache-2.0
"""`bag`: write a recording, look at one, label it, take training images out of it."""

import argparse
import importlib

from mobilenet_perception.tools.command_line import Command

ACTIONS = {
    'write': Command('write', 'write an image folder, a video or a drawn drive as a rosbag2 bag'),
    'info': Command('info.command', 'say what a bag holds, and what the node would make of it'),
    'label': Command(
        'label.command',
        'write what the frames of a bag show, from a table or as a bundle sees it',
    ),
    'extract': Command('extract.command', 'take frames out of bags as images to train on'),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's actions."""
    actions = parser.add_subparsers(dest='action', metavar='ACTION', required=True)
    for name, (module_name, summary) in ACTIONS.items():
        description = f'{summary[0].upper()}{summary[1:]}.'
        action = actions.add_parser(name, help=summary, description=description)
        module = importlib.import_module(f'{__package__}.{module_name}')
        module.add_arguments(action)
        action.set_defaults(run_action=module.run)


def run(arguments: argparse.Namespace) -> int:
    """Run the action."""
    return int(arguments.run_action(arguments))
