class RecordProcessor:
    """Stores the orders of one shard."""

    def __init__(self, store, set_aside):
        self.store, self.set_aside = store, set_aside

    def initialize(self, initialize_input):
        pass

    def process_records(self, process_records_input):
        for record in process_records_input.records:
            try:
                order = json.loads(record.binary_data)
            except ValueError:
                self.set_aside(record.sequence_number, record.binary_data)
            else:
                self.store(record.sequence_number, order)
        self.checkpoint(process_records_input.checkpointer)

    def checkpoint(self, checkpointer):
        for _ in range(5):
            try:
                checkpointer.checkpoint()
                return
            except CheckpointError as error:
                if error.value != "ThrottlingException":
                    return

    def lease_lost(self, lease_lost_input):
        self.checkpoint(lease_lost_input.checkpointer)

    def shard_ended(self, shard_ended_input):
        self.checkpoint(shard_ended_input.checkpointer)

    def shutdown_requested(self, shutdown_requested_input):
        self.checkpoint(shutdown_requested_input.checkpointer)
