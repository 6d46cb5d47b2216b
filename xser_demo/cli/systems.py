"""``xser systems``: the five published systems and their results."""

from xser_demo.cli.options import add_command


def add(commands) -> None:
    add_command(commands, "systems", run, show, "The five published systems and their results.")


def run(options) -> list[dict]:
    from xser_demo.benchmark.systems import rows, summary
    from xser_demo.experiments import systems

    results = rows.rows()
    verdicts = {row["system"]: row for row in summary.rows()}
    return [
        systems.describe(system) | {"verdict": verdicts[key], "results": results[key]}
        for key, system in systems.SYSTEMS.items()
    ]


def show(result: list[dict]) -> None:
    from xser_demo.benchmark.systems import summary
    from xser_demo.utils.words import upper

    for system in result:
        print(f"{system['id']:18} {system['title']}")
        print(f"{'':18} {system['idea']}")
        print(f"{'':18} Claim: {system['claim']} {upper(system['verdict']['verdict'])}.")
        for row in system["verdict"]["results"]:
            print(f"{'':18} {row['name']}: {summary.points(row)} points")
        for row in system["results"]:
            if row["role"] == "system" and row["mode"] in ("inductive", "transductive"):
                low, high = row["ci95"]
                print(
                    f"{'':18} {row['track']:8} {row['pair']:20} {row['labels']:15} {row['mode']:12} {row['method']:14}"
                    f" UAR {100 * row['uar']:.1f} [{100 * low:.0f}, {100 * high:.0f}],"
                    f" source only {100 * row['source_only']:.1f}; {row['selection']}"
                )
