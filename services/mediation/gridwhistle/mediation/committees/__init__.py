"""Committees (人民调解委员会) and those who mediate (调解员), with the rosters of lawyers and police liaisons."""
