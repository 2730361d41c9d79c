"""The incidents service 事件: reports, and the closed loop from found to closed."""
