"""Data: tables, bucket, secrets, logs, images, the session cache."""
