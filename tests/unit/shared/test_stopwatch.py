from shared.stopwatch import Stopwatch, server_timing


def test_each_stage_is_counted_once_however_often_it_comes() -> None:
    watch = Stopwatch()
    for _ in range(3):
        with watch.stage("search"):
            pass
    with watch.stage("records"):
        pass
    assert list(watch.read()) == ["search", "records"]
    told = watch.finish({"wait": 2.0})
    assert list(told) == ["search", "records", "wait", "total"]
    assert told["total"] >= told["search"] + told["records"] >= 0


def test_a_browser_reads_the_stages() -> None:
    assert server_timing({"embed": 73.46, "total": 95.0}) == "embed;dur=73.5, total;dur=95.0"
