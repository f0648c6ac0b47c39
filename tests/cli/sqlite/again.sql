.print again 5
