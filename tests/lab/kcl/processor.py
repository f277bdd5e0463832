"""A record processor as AWS documents one: nothing in it knows of the lab. Run by the tests beside it."""

import sys
import time

from amazon_kclpy import kcl
from amazon_kclpy.v3 import processor

ATTEMPTS = 5


class RecordProcessor(processor.RecordProcessorBase):
    def initialize(self, initialize_input):
        self.leased = True

    def process_records(self, process_records_input):
        for record in process_records_input.records:
            print("record", record.binary_data.decode(), flush=True)
        self.checkpoint(process_records_input.checkpointer)

    def lease_lost(self, lease_lost_input):
        self.leased = False

    def shard_ended(self, shard_ended_input):
        self.checkpoint(shard_ended_input.checkpointer)

    def shutdown_requested(self, shutdown_requested_input):
        self.checkpoint(shutdown_requested_input.checkpointer)

    def checkpoint(self, checkpointer):
        for _ in range(ATTEMPTS):
            try:
                checkpointer.checkpoint()
                return
            except kcl.CheckpointError as error:
                if error.value != "ThrottlingException":
                    print("no checkpoint:", error.value, file=sys.stderr, flush=True)
                    return
                time.sleep(0.01)


if __name__ == "__main__":
    kcl.KCLProcess(RecordProcessor()).run()
