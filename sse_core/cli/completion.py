"""``sse-core completion``: scripts for shells, made from the parser itself."""

from __future__ import annotations

import argparse
import sys
from typing import NamedTuple

from .console import COMPLETE

__all__ = ["EXAMPLES", "SHELLS", "Option", "configure", "options_of", "run"]

EXAMPLES = """\
  eval "$(sse-core completion bash)"                                     in ~/.bashrc
  sse-core completion zsh > "${fpath[1]}/_sse-core"                      once
  sse-core completion fish > ~/.config/fish/completions/sse-core.fish    once
"""


class Option(NamedTuple):
    """What can be completed: its names, what it takes, in words what it is.

    ``takes``: words to choose from, ``None`` for anything else, ``()`` for nothing.
    """

    names: tuple[str, ...]
    takes: tuple[str, ...] | None
    what: str


def configure(parser: argparse.ArgumentParser) -> None:
    """Add its arguments."""
    parser.add_argument("shell", choices=list(SHELLS), help="the shell")


def run(options: argparse.Namespace) -> int:
    """Write the script."""
    from . import build_parser

    sys.stdout.write(SHELLS[options.shell](build_parser()))
    return COMPLETE


def options_of(parser: argparse.ArgumentParser) -> dict[str, list[Option]]:
    """Of each command its options, and of ``""`` those of the program; operands have no names.

    The one operand with choices, that of the program, is the commands.
    """
    found: dict[str, list[Option]] = {"": []}
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            helps = {pseudo.dest: pseudo.help or "" for pseudo in action._choices_actions}
            names = tuple(action.choices)
            found[""].append(Option((), names, ""))
            for name, command in action.choices.items():
                found[""].append(Option((name,), (), helps[name]))
                found[name] = [_option(inner) for inner in command._actions]
        else:
            found[""].append(_option(action))
    return found


def _option(action: argparse.Action) -> Option:
    takes: tuple[str, ...] | None = None
    if action.choices is not None:
        takes = tuple(map(str, action.choices))
    elif action.nargs == 0:
        takes = ()
    what = "" if action.help is None else action.help.replace("%%", "%")
    return Option(tuple(action.option_strings), takes, what)


def _bash(parser: argparse.ArgumentParser) -> str:
    found = options_of(parser)
    commands = [name for name in found if name]
    words, values = [], []
    for command, options in found.items():
        known = [name for option in options for name in option.names]
        # Operands that are one of several words are offered with the options.
        known += [word for o in options if not o.names and command for word in o.takes or ()]
        words.append(f"    {command or chr(34) * 2}) words={_quoted(' '.join(known))} ;;")
        for option in options:
            for name in option.names if _takes_value(option) else ():
                takes = _quoted(" ".join(option.takes or ()))
                values.append(f"    {_quoted(f'{command} {name}')}) words={takes}; value=1 ;;")
    return f"""\
# bash completion of sse-core; made by: sse-core completion bash
_sse_core() {{
  local current=${{COMP_WORDS[COMP_CWORD]}} previous=${{COMP_WORDS[COMP_CWORD-1]}}
  local command="" words="" value="" word
  for word in "${{COMP_WORDS[@]:1:COMP_CWORD-1}}"; do
    case $word in {"|".join(commands)}) command=$word; break ;; esac
  done
  case $command in
{chr(10).join(words)}
  esac
  case "$command $previous" in
{chr(10).join(values)}
  esac
  COMPREPLY=()
  if [[ -n $value || -z $command || $current == -* || $command == completion ]]; then
    COMPREPLY=($(compgen -W "$words" -- "$current"))
  fi
}}
complete -o default -F _sse_core sse-core
"""


def _takes_value(option: Option) -> bool:
    """Whether a value follows the option's name."""
    return bool(option.names) and option.names[0].startswith("-") and option.takes != ()


def _zsh(parser: argparse.ArgumentParser) -> str:
    found = options_of(parser)
    described = [
        f"    {_quoted(f'{option.names[0]}:{option.what}')}"
        for option in found[""]
        if option.names and not option.names[0].startswith("-")
    ]
    cases = []
    for command, options in found.items():
        if command:
            specs = " \\\n".join(f"        {_quoted(_zsh_spec(option))}" for option in options)
            cases.append(f"    {command})\n      _arguments \\\n{specs} ;;")
    return f"""\
#compdef sse-core
# zsh completion of sse-core; made by: sse-core completion zsh
_sse_core() {{
  local -a commands=(
{chr(10).join(described)}
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  local command=$words[2]
  shift words
  (( CURRENT-- ))
  case $command in
{chr(10).join(cases)}
  esac
}}
_sse_core "$@"
"""


def _zsh_spec(option: Option) -> str:
    what = option.what.replace(":", "\\:").replace("[", "(").replace("]", ")")
    chosen = f"({' '.join(option.takes)})" if option.takes else "_files"
    if not option.names:
        return f"*:{what}:{chosen}"
    value = "" if option.takes == () else f":{what}:{chosen if option.takes else ' '}"
    # Each of its names excludes the others.
    return f"{option.names[-1]}[{what}]{value}"


def _fish(parser: argparse.ArgumentParser) -> str:
    lines = ["# fish completion of sse-core; made by: sse-core completion fish"]
    for command, options in options_of(parser).items():
        when = f"__fish_seen_subcommand_from {command}" if command else "__fish_use_subcommand"
        for option in options:
            line = f"complete -c sse-core -n {_quoted(when)}"
            for name in option.names:
                line += f" -l {name[2:]}" if name.startswith("--") else ""
                line += f" -s {name[1:]}" if name.startswith("-") and name[1] != "-" else ""
                line += "" if name.startswith("-") else f" -f -a {name}"
            if option.takes != () and (option.names or option.takes):
                line += " -x" if option.names else " -f"
                line += f" -a {_quoted(' '.join(option.takes))}" if option.takes else ""
            if option.names or (command and option.takes):
                lines.append(f"{line} -d {_quoted(option.what)}" if option.what else line)
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


SHELLS = {"bash": _bash, "zsh": _zsh, "fish": _fish}
