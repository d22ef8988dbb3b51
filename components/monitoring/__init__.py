"""Metrics, alarms, dashboard, notifications, budget."""
