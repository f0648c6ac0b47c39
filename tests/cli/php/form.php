<?php header("X-Ours: yes"); http_response_code(201); echo $_POST["name"], " ", $_POST["n"] * 21, " ", $_GET["a"], " ", strlen(file_get_contents("php://input")), "\n";
