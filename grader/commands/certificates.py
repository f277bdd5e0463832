"""`grader certificate`: a learner's record of work, an instructor's certificates, and their check."""

import argparse
import getpass
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from grader.whereabouts import CallError, find_root, root_or_refuse, short
from lab.machine.whole_files import write_whole

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from grader.certificates.document import Graded
    from grader.certificates.issuers import Issuer
    from grader.certificates.keys import Ask
    from grader.certificates.writing import Offer, Person

Command = Callable[[str, object, str], argparse.ArgumentParser]
ROSTER = "roster"
LARGEST_FILE = 2**20 + 1
"""Bytes that are read of a file: one more than may be in it."""


def add(command: Command) -> None:
    """Add the command to `grader`."""
    words = (
        "write a record of your own work, signed with a key of your own; see also: certificate issue, verify"
    )
    top = command("certificate", _record, words)
    _takes_person(top)
    _takes_key(top)
    top.add_argument("--to", type=Path, help="folder to write to (default: record-of-work/)")
    parts = top.add_subparsers(metavar="COMMAND", title="more")

    def part(name: str, run: object, told: str) -> argparse.ArgumentParser:
        made = parts.add_parser(name, help=told, description=told)
        made.set_defaults(run=run)
        return made

    issue = part(
        "issue", _issue, "sign certificates for those of a class who reached what certificate.toml asks"
    )
    issue.add_argument("assignments", nargs="+", metavar="ASSIGNMENT")
    issue.add_argument(
        "--to", dest="who", required=True, help="`roster` for all of roster.csv, or one learner"
    )
    _takes_person(issue)
    _takes_key(issue)
    issue.add_argument("--correct", action="store_true", help="where one was issued that says something else")
    verify = part(
        "verify", _verify, "say of a file whether it is a certificate, of whom and by whom; offline"
    )
    verify.add_argument("file", type=Path)
    verify.add_argument("--email", dest="of", metavar="ADDRESS", help="was it made out to this address?")
    verify.add_argument("--issuer", metavar="did:key:...", help="is it by this key and no other?")
    verify.add_argument(
        "--issuers", type=Path, metavar="FILE", help="whose keys are known (default: issuers.toml)"
    )
    verify.add_argument("--record", action="store_true", help="a record of work is what you want to see")
    verify.add_argument("--again", action="store_true", help="compare with the results that were graded here")
    printed = part("print", _print, "draw a certificate for a wall, from the signed file alone")
    printed.add_argument("file", type=Path)
    printed.add_argument("--paper", choices=("a4", "letter"), default="a4", help="default: a4")
    printed.add_argument("--format", choices=("pdf", "svg"), default="pdf", help="default: pdf")
    printed.add_argument("--out", type=Path, metavar="FILE", help="default: beside the certificate")
    page = part("page", _page, "write the page that checks certificates in a browser")
    page.add_argument("--out", type=Path, metavar="FILE", help="default: verify.html")
    page.add_argument("--issuers", type=Path, metavar="FILE", help="issuers that the page knows")
    key = part("key", _key, "show the name of your key, did:key:..., and make the key when there is none")
    key.add_argument("--issuer", action="store_true", help="the key that issues, not a learner's own")
    _takes_key(key)


def _takes_person(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--name", help="the name that is to stand there; asked for when it is not given")
    parser.add_argument("--email", help="its hash stands there, so that a check can ask for the address")
    parser.add_argument("--yes", action="store_true", help="sign without being asked whether all is right")


def _takes_key(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--key", type=Path, metavar="FILE", help="the key (default: in your settings' folder)"
    )
    parser.add_argument(
        "--passphrase-file", type=Path, metavar="FILE", help="its first line is the passphrase"
    )


def _ask(options: argparse.Namespace) -> "Ask | None":
    """How a passphrase is had; None where nobody is there to say it."""
    if options.passphrase_file is not None:
        lines = options.passphrase_file.read_text(encoding="utf-8").splitlines()
        return lambda _question: lines[0] if lines else ""
    return getpass.getpass if sys.stdin.isatty() else None


def _own_key(options: argparse.Namespace, whose: str) -> "Ed25519PrivateKey":
    """The key that signs, made when there is none."""
    from grader.certificates import keys

    path = options.key or keys.default_place(whose)
    if path.exists():
        return keys.load(path, _ask(options))
    key = keys.make(path, _ask(options), find_root(Path.cwd()))
    print(f"Made a key: {path}. Keep a copy where it is safe. Nobody but you may read it.")
    return key


def _key(options: argparse.Namespace) -> int:
    from grader.certificates import keys

    name = keys.name_of(_own_key(options, keys.ISSUER if options.issuer else keys.LEARNER))
    print(name)
    if options.issuer:
        print("Tell it to those who check: on your site, in your README, and in issuers.toml:\n")
        print(f'[[issuer]]\ndid = "{name}"\nname = "..."')
    return 0


def _said(question: str) -> str:
    """An answer from the keyboard. Raises CallError where there is none."""
    if not sys.stdin.isatty():
        raise CallError(
            f"Nobody is there to answer: {question.strip()} Give it as an option; --help names them."
        )
    try:
        return input(question).strip()
    except EOFError:
        raise CallError("No answer; nothing was signed.") from None


def _confirm(options: argparse.Namespace, question: str) -> None:
    if not options.yes and _said(f"{question} [y/N] ").lower() not in ("y", "yes"):
        raise CallError("Nothing was signed.")


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


def _record(options: argparse.Namespace) -> int:
    from grader.certificates import keys, record, writing

    root = root_or_refuse(options.course or Path.cwd())
    parts = record.parts(root, print)
    person = _person(options)
    print(f"\nRecord of work\n  Name    {person.name}\n  E-mail  {person.email} (only its hash is written)")
    for part in parts:
        print(f"  {part.name}: {part.points:g} of {part.most:g} points")
    _confirm(options, "Is all of this right? Sign it?")
    key = _own_key(options, keys.LEARNER)
    claims = writing.record_claims(root, person, parts, keys.name_of(key), _now())
    folder = options.to or root / "record-of-work"
    path = writing.write(folder, claims, key)
    for notebook in (record.hand_in(root, part.name) for part in parts if part.genre == "graded hand-in"):
        write_whole(folder / notebook.name, notebook.read_bytes())
    print(
        f"\n{short(path)}. The notebooks that were marked lie beside it: keep them, they can be graded again."
    )
    print("It is signed with your own key, so it is a record and no certificate.")
    return 0


def _person(options: argparse.Namespace) -> "Person":
    from grader.certificates.writing import person

    name = options.name or _said("The name that is to stand there: ")
    return person(name, options.email or _said("E-mail (only its hash is written): "))


def _issue(options: argparse.Namespace) -> int:
    from grader.certificates import keys, writing
    from grader.certificates.issuing import Class
    from grader.certificates.terms import read_terms

    root = root_or_refuse(options.course or Path.cwd())
    terms = read_terms(root)
    graded = Class(root, terms, options.assignments)
    standings = [graded.standing(student) for student in _students(root, options)]
    for standing in standings:
        for missing in standing.missing:
            print(f"{standing.student}: none. {missing}.")
    reached = [standing for standing in standings if not standing.missing]
    people = [_of_roster(root, standing.student, options) for standing in reached]
    key = _own_key(options, keys.ISSUER) if reached else None
    offers = []
    for standing, person in zip(reached, people, strict=True):
        assert key is not None
        claims = writing.certificate_claims(root, person, standing.parts, terms, keys.name_of(key), _now())
        folder = root / "certificates" / standing.student
        offer = writing.offered(folder, claims, person, correct=options.correct)
        if isinstance(offer, str):
            print(f"{standing.student}: {offer}")
        else:
            offers.append(writing.Offer(standing.student, person, folder, offer))
    if key is None or not offers:
        print("No certificate is to be signed.")
        return 1
    return _sign_all(options, offers, key)


def _sign_all(options: argparse.Namespace, offers: "list[Offer]", key: "Ed25519PrivateKey") -> int:
    from grader.certificates import writing

    print(f"\nTo be signed: {len(offers)}")
    for offer in offers:
        replaces = f"; it replaces {offer.claims.replaces}" if offer.claims.replaces else ""
        points = ", ".join(f"{part.name} {part.points:g} of {part.most:g}" for part in offer.claims.graded)
        print(f"  {offer.student}: {offer.person.name}, {offer.person.email}: {points}{replaces}")
    _confirm(options, "Are the names as they are to stand there? Sign?")
    for offer in offers:
        print(f"{offer.student}: {short(writing.write(offer.folder, offer.claims, key))}")
    return 0


def _students(root: Path, options: argparse.Namespace) -> list[str]:
    from grader.classroom.roster import read_roster

    if options.who != ROSTER:
        return [options.who]
    if options.name or options.email:
        raise CallError("--name and --email are of one learner. Give the roster names and addresses itself.")
    roster = read_roster(root)
    if not roster:
        raise CallError(f"There is no roster.csv in {root} that names somebody. docs/grading.md shows one.")
    return [learner.student for learner in roster]


def _of_roster(root: Path, student: str, options: argparse.Namespace) -> "Person":
    """Name and address: as given, else as the roster has them, else asked for."""
    from grader.certificates.writing import person
    from grader.classroom.roster import read_roster

    known = {learner.student: learner for learner in read_roster(root) or ()}.get(student)
    name = options.name or (known and " ".join(filter(None, known.first_and_last.values())))
    email = options.email or (known and known.email)
    return person(
        name or _said(f"{student}: the name that is to stand there: "),
        email or _said(f"{student}: e-mail (only its hash is written): "),
    )


def _raw(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(LARGEST_FILE)
    except OSError as error:
        raise CallError(f"{path} cannot be read: {error.strerror}.") from None


def _known(options: argparse.Namespace) -> "list[Issuer]":
    from grader.certificates.issuers import FILE_NAME, read_issuers

    if options.issuers is not None and not options.issuers.is_file():
        raise CallError(f"There is no file {options.issuers}.")
    root = find_root((options.course or Path.cwd()).resolve())
    return read_issuers(options.issuers or (root or Path.cwd()) / FILE_NAME)


def _verify(options: argparse.Namespace) -> int:
    from grader.certificates.checking import Asked, check
    from grader.reports.printable import printable

    asked = Asked(_known(options), options.issuer, options.of, options.record)
    checked = check(_raw(options.file), asked)
    for finding in checked.findings:
        print(f"{'yes' if finding.good else 'NO '}  {printable(finding.words)}")
    good = checked.good
    if checked.claims is not None:
        if options.again:
            good &= _again(options, checked.claims.graded)
        if checked.claims.replaces:
            print(f"     It replaces an earlier one, {checked.claims.replaces}.")
        print(f"     {checked.description}")
    print(printable(checked.verdict))
    return 0 if good else 1


def _again(options: argparse.Namespace, parts: "tuple[Graded, ...]") -> bool:
    from grader.certificates.graded import compared
    from grader.classroom import results
    from grader.whereabouts import STATE

    root = root_or_refuse(options.course or Path.cwd())
    lines = [line for path in sorted((root / STATE).glob("*/results.jsonl")) for line in results.read(path)]
    found = compared(parts, lines)
    for good, words in found:
        print(f"{'yes' if good else 'NO '}  {words}")
    return all(good for good, _ in found)


def _print(options: argparse.Namespace) -> int:
    from grader.certificates.checking import Asked, check
    from grader.certificates.printed import drawn

    checked = check(_raw(options.file), Asked())
    if checked.claims is None:
        raise CallError(f"{short(options.file)} is not printed. {checked.findings[0].words}")
    path = options.out or options.file.with_suffix(f".{options.format}")
    write_whole(path, drawn(checked.claims, options.paper, options.format))
    print(short(path))
    return 0


def _page(options: argparse.Namespace) -> int:
    from grader.certificates.page import page

    path = options.out or Path("verify.html")
    known = _known(options)
    write_whole(path, page(known))
    count = f"{len(known)} issuer{'s' * (len(known) != 1)}"
    print(f"{short(path)}: it knows {count}, loads nothing and sends nothing.")
    return 0
