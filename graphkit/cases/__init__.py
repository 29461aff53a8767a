"""What people decide about runs, kept: verdicts, batches, appeals, and the names of rings that live on."""
