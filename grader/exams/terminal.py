"""An exam in a terminal, for those without a browser: the same steps as the page, typed."""

import datetime
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from grader.exams import desk as desks
from grader.exams.desk import Desk
from grader.exams.sitting import SittingError

LETTERS: Final = "ABCDEFGHIJ"
HELP: Final = (
    "Type letters to answer (B, or AC). Steps: their letters in order (CAB). Lines to match: the letter of "
    "each line's answer (BDA). Enter: next. -: previous. 7: to question 7. flag. clear. o: overview. pause. "
    "end: hand in. quit: leave, all is kept."
)

BEAT_SECONDS: Final = 5.0
"""How often the clock goes on in between. It stands still when the laptop sleeps."""

_one_at_a_time = threading.Lock()

Ask = Callable[[str], str]
Tell = Callable[[str], None]


def run(desk: Desk, ask: Ask = input, tell: Tell = print) -> None:
    """Offer, sit and tell the result, until the candidate leaves. Raises SittingError for damaged state."""
    while True:
        if desk.current() is None and not _begin(desk, ask, tell):
            return
        if desk.current() is None:
            continue
        state = step(desk, {"do": "go on"})
        tell(f"\n{state['title']}, seed {state['seed']}. {HELP}")
        with _beating(desk):
            handed_in = _sit(desk, state, ask, tell)
        if not handed_in:
            return


def step(desk: Desk, body: Mapping[str, Any]) -> dict[str, Any]:
    """As `desk.step`, never two at once."""
    with _one_at_a_time:
        return desks.step(desk, body)


@contextmanager
def _beating(desk: Desk) -> Iterator[None]:
    """Meanwhile the sitting's clock goes on, as the page makes it."""
    over = threading.Event()

    def beat() -> None:
        while not over.wait(BEAT_SECONDS):
            with _one_at_a_time:
                sitting = desk.current()
                if sitting is not None and not sitting.paused:
                    sitting.tick(desk.now())
                    desk.save(sitting)

    beats = threading.Thread(target=beat, daemon=True)
    beats.start()
    try:
        yield
    finally:
        over.set()
        beats.join()


def _begin(desk: Desk, ask: Ask, tell: Tell) -> bool:
    """Offer, and start what is chosen. False when nothing is; a refusal is told, and asked again."""
    home = step(desk, {"do": "home"})
    for number, offer in enumerate(home["offers"], start=1):
        tell(
            f"{number}. {offer['exam']}: {offer['title']}, {offer['items']} items, {offer['minutes']} minutes"
        )
    for line in (*home.get("words", ()), *home["faults"], *filter(None, [home.get("handed")])):
        tell(line)
    if not home["offers"]:
        return False
    typed = _typed(ask, "Which one? (Empty: none. A seed may follow, as in: 1 abcd2345) ").split()
    if not typed:
        return False
    names = {str(n): offer["exam"] for n, offer in enumerate(home["offers"], start=1)}
    try:
        step(desk, {"do": "start", "exam": names.get(typed[0], typed[0]), "seed": "".join(typed[1:2])})
    except SittingError as error:
        tell(str(error))
    return True


def _sit(desk: Desk, state: Mapping[str, Any], ask: Ask, tell: Tell) -> bool:
    """Until it is handed in (True) or left (False)."""
    shown = None
    while not state["finished"]:
        if state["at"] != shown:
            _show(state, tell)
            shown = state["at"]
        typed = _typed(ask, f"[{_clock(state['left'])} left] {state['at']} > ").strip()
        if typed == "quit":
            step(desk, {"do": "look"} if state["mode"] == "class" else {"do": "pause"})
            tell("Kept. Call the same command again to go on.")
            return False
        try:
            body = _meant(state, typed)
            if body.get("do") == "finish":
                if _sure(state, ask):
                    break
                continue
            state = step(desk, body)
            if body["do"] == "pause":
                _typed(ask, "Paused. Press Enter to go on. ")
                state = step(desk, {"do": "go on"})
            if typed == "o":
                _overview(state, tell)
            elif body["do"] in ("answer", "flag"):
                tell(_chosen(state))
        except SittingError as error:
            tell(str(error))
            state = step(desk, {"do": "look"})
    _end(desk, tell)
    return True


def _typed(ask: Ask, prompt: str) -> str:
    try:
        return ask(prompt)
    except EOFError:
        return "quit" if prompt.startswith("[") else ""


def _meant(state: Mapping[str, Any], typed: str) -> dict[str, Any]:
    """The step that was typed. Raises SittingError."""
    at, count = state["at"], state["count"]
    fixed: dict[str, dict[str, Any]] = {
        "": {"do": "show", "number": min(at + 1, count)},
        "-": {"do": "show", "number": max(at - 1, 1)},
        "flag": {"do": "flag", "number": at, "flagged": at not in state["flags"]},
        "clear": {"do": "answer", "number": at, "answer": []},
        "o": {"do": "look"},
        "pause": {"do": "pause"},
        "end": {"do": "finish"},
    }
    if typed in fixed:
        return fixed[typed]
    if typed.isascii() and typed.isdigit():
        return {"do": "show", "number": int(typed)}
    places = [LETTERS.find(letter) for letter in typed.upper().replace(" ", "").replace(",", "")]
    if -1 in places:
        raise SittingError(HELP)
    return {"do": "answer", "number": at, "answer": places}


def _show(state: Mapping[str, Any], tell: Tell) -> None:
    question = state["question"]
    tell(f"\nQuestion {state['at']} of {state['count']}")
    if question["scenario"]:
        tell(_plain(question["scenario"]))
    tell(_plain(question["stem"]))
    for number, prompt in enumerate(question["prompts"], start=1):
        tell(f"  {number}) {_plain(prompt)}")
    for letter, option in zip(LETTERS, question["options"], strict=False):
        tell(f"  {letter}. {_plain(option)}")
    tell(_chosen(state))


def _chosen(state: Mapping[str, Any]) -> str:
    answer = "".join("–" if place is None else LETTERS[place] for place in state["answer"])
    flagged = ", flagged" if state["at"] in state["flags"] else ""
    return f"  chosen: {answer or 'nothing'}{flagged}"


def _overview(state: Mapping[str, Any], tell: Tell) -> None:
    open_ones = [str(n) for n in range(1, state["count"] + 1) if n not in state["answered"]]
    tell(f"Open: {', '.join(open_ones) or 'none'}. Flagged: {', '.join(map(str, state['flags'])) or 'none'}.")


def _sure(state: Mapping[str, Any], ask: Ask) -> bool:
    left = state["count"] - len(state["answered"])
    words = f"{left} open. Hand in? (yes) " if left else "Hand in? (yes) "
    return _typed(ask, words).strip().lower() == "yes"


def _end(desk: Desk, tell: Tell) -> None:
    name = step(desk, {"do": "finish"})["name"]
    if not name:
        tell(str(step(desk, {"do": "home"}).get("handed", "")))
        return
    told = step(desk, {"do": "result", "name": name})
    result = told["result"]
    tell(
        f"\n{result['points']} of {result['max_points']} points. Our pass line: {result['pass_line']} points."
    )
    tell(told["words"]["pass_line"])
    tell(told["words"]["no_scale"])
    for part in ("domains", "lessons"):
        tell("")
        for one in result[part]:
            bar = "█" * round(20 * one["points"] / one["max_points"])
            tell(f"{bar:<20} {one['points']:>2} of {one['max_points']:>2}  {one['title']}")
    for number, entry in enumerate(told["review"], start=1):
        _review(number, entry, tell)
    tell(f"\nThe result is in exam-results/{name}")


def _review(number: int, entry: Mapping[str, Any], tell: Tell) -> None:
    tell(f"\n{number}. {entry['item']}: {'right' if entry['points'] else 'missed'}")
    if entry["stem"] is None:
        return
    tell(_plain(entry["stem"]))
    chosen = entry["chosen"] or []
    for place, option in enumerate(entry["options"]):
        mark = "✔" if option["right"] else " "
        yours = " (your choice)" if entry["kind"] in ("choice", "several") and place in chosen else ""
        prompt = f"{entry['prompts'][place]}: " if place < len(entry["prompts"]) else ""
        tell(f"  {mark} {_plain(prompt + option['text'])}{yours}\n      {_plain(option['why'])}")
    if not entry["points"] and entry["kind"] in ("ordering", "matching"):
        texts = ["–" if place is None else _plain(entry["options"][place]["text"]) for place in chosen]
        tell(f"  yours: {'; '.join(texts) or 'nothing'}")
    tell(f"  read: {entry['lesson']}{', ' + entry['read'] if entry['read'] else ''}")


def _plain(text: str) -> str:
    return text.replace("`", "")


def _clock(seconds: float) -> str:
    return str(datetime.timedelta(seconds=round(seconds))).removeprefix("0:")
