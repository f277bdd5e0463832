"""Task `encrypt_stream`: encrypt a stream, and prove it."""

from grader.tasks.declaration import Criterion, Misconception, Runs, Task
from grader.tasks.scenarios import Encryption

LESSON = "course/07-security.ipynb"

TASK = Task(
    id="encrypt_stream",
    title="Encrypt a stream, and prove it",
    function="encrypt_stream",
    read=f"{LESSON}, “At rest: whose key, and from when on”",
    runs=Runs(
        visible=(Encryption(records=4, shards=1, seed=1),),
        hidden=lambda rng: Encryption(
            records=rng.randint(2, 9), shards=rng.randint(1, 3), seed=rng.randrange(10**6)
        ),
        hidden_count=2,
        seconds=30,
    ),
    parts=(
        Criterion("key", 2, "must leave the stream encrypted with the key that it was given"),
        Criterion("proof", 2, "must return the sequence number of a record that it wrote, encrypted"),
        Criterion("kept", 1, "must leave everything that was in the stream before as it is"),
    ),
    misconceptions=(
        Misconception(
            id="managed_key",
            words="The stream is encrypted with alias/aws/kinesis, the key that AWS manages. Pass the key "
            "that you were given as KeyId.",
        ),
        Misconception(
            id="not_started",
            words="Encryption was not started: it is off until StartStreamEncryption is called.",
        ),
        Misconception(
            id="old_record",
            words="The sequence number is that of a record from before. Only records that are "
            "written after the "
            "start are encrypted, so an old one proves nothing: write one.",
        ),
        Misconception(
            id="too_early",
            words="The record was written before the encryption was there. Start, wait until the stream is "
            "ACTIVE, write, and look at the EncryptionType in the answer.",
        ),
        Misconception(
            id="anew",
            words="You deleted the stream and made it again. What was in it is lost. StartStreamEncryption "
            "works on a stream that is in use.",
        ),
        Misconception(
            id="writes_again",
            words="You wrote the old records once more. Now every consumer gets them twice. The old, "
            "unencrypted ones stay until their retention ends.",
        ),
    ),
    hints=(
        "Two calls and a wait between them. Which call starts encryption, and in what order do records have "
        "to be written to be covered by it?",
        'start_stream_encryption(StreamName=..., EncryptionType="KMS", KeyId=...), then wait until '
        "the stream "
        "is ACTIVE: the waiter stream_exists does that.",
        'put_record\'s answer has "EncryptionType" and "SequenceNumber". Return the second once the first '
        'is "KMS".',
    ),
)
