"""The commands; thin. Exit codes: 0 done, 2 bad input, 3 infeasible, 4 no plan, 5 audit failed."""

from __future__ import annotations

import json
import sys
import traceback
from pathlib import Path
from typing import Annotated

import typer

from planner import __version__
from planner.errors import (
    AuditFailed,
    BadInput,
    Infeasible,
    NoPlan,
    PartlyPlanned,
    PlannerError,
)
from planner.fault_words import fault_words, system_fault_words
from planner.interrupt import STOPPED, STOPPED_WORDS, CtrlC
from planner.options import (
    Cache,
    Dask,
    Data,
    Gap,
    Locks,
    Quiet,
    ScenarioName,
    SolverName,
    TimeLimit,
    Weeks,
    Workers,
    answers_reused,
    usable_cores,
    warn,
)
from planner.out_paths import check_file_out
from planner.sweep_command import sweep
from planner.unfinished import file_aside

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Plan a shared core range and each store's local items. "
    "Add --debug to any command to see the traceback of a fault.",
)


@app.command()
def new(directory: Annotated[Path, typer.Argument(help="Folder to make")]) -> None:
    """Make an empty chain: the input workbook with its explanations."""
    from planner.tables.template import new_chain

    workbook = new_chain(directory)
    typer.echo(f"Fill in {workbook}, then: planner check {directory}")


@app.command()
def check(
    data: Data,
    problems: Annotated[
        Path | None,
        typer.Option(help="Write every problem to this file too: an Excel workbook, or .csv"),
    ] = None,
    every: Annotated[
        bool, typer.Option("--all", help="Show every row, not the first 20 of a kind")
    ] = False,
    scenario: ScenarioName = "base",
    locks: Locks = None,
) -> None:
    """Show every input problem at once, each with how to mend it."""
    from planner.inputs_and_scenario import read_inputs_and_scenario
    from planner.tables.problems import write_problems

    if problems is not None:
        check_file_out(problems, "--problems", (".xlsx", ".csv"))
    try:
        inputs, chosen = read_inputs_and_scenario(
            data, locks, scenario, every_problem=every or problems is not None
        )
    except BadInput as error:
        if problems is not None:
            write_problems(error.problems, problems)
        raise BadInput(error.problems, in_full=every) from error
    typer.echo(
        f"{inputs.chain.name}: {len(inputs.stores)} stores, {len(inputs.items)} items, "
        f"{len(inputs.sales):,} sales rows; no problems."
    )
    assumptions = (*chosen.noted, *inputs.assumptions)
    warn(assumptions)
    for assumption in assumptions:
        if not assumption.warning:
            typer.echo(f"  assumed ({assumption.count:,}) {assumption.subject}: {assumption.text}")


@app.command()
def demand(
    data: Data,
    out: Annotated[Path, typer.Option(help="Parquet file to write")],
    weeks: Weeks = None,
) -> None:
    """Estimate mean weekly demand of every store and item over the weeks to come."""
    from planner.demand.estimate import estimate
    from planner.tables.read import read_inputs

    check_file_out(out)
    inputs = read_inputs(data)
    found = estimate(inputs, weeks=weeks or inputs.chain.horizon_weeks)
    with file_aside(out) as aside:
        found.pairs.to_parquet(aside, index=False)
    typer.echo(f"{len(found.pairs):,} store-item pairs written to {out}")


@app.command()
def plan(
    data: Data,
    out: Annotated[
        Path | None, typer.Option(help="Run folder; default: reports/<data>-<scenario>-<time>")
    ] = None,
    scenario: ScenarioName = "base",
    locks: Locks = None,
    gap: Gap = 0.005,
    weeks: Weeks = None,
    workers: Workers = None,
    dask: Dask = "",
    time_limit: TimeLimit = 120.0,
    solver: SolverName = "highs",
    seed: Annotated[int, typer.Option(min=0, help="Seed of the demand draws")] = 1,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace the run that is in the folder")
    ] = False,
    keep_going: Annotated[
        bool,
        typer.Option("--keep-going", help="Plan the other stores where one has no plan; exit 3"),
    ] = False,
    cache: Cache = True,
    quiet: Quiet = False,
) -> None:
    """Plan every store: planograms in Excel, an HTML report, and the tables behind them."""
    import pandas as pd

    from planner.assortment.solve_settings import SolveSettings
    from planner.assortment.whole_program import Solver
    from planner.outputs.lock_table import lock_lines
    from planner.pipeline import plan as plan_run
    from planner.progress import progress_bar
    from planner.runs import RUN_FILE, check_folder

    if out is not None:
        check_folder(out, overwrite=overwrite)
    settings = SolveSettings(
        gap=gap,
        time_limit_seconds=time_limit,
        workers=workers or usable_cores(),
        dask=dask,
        seed=seed,
        solver=Solver(solver),
        keep_going=keep_going,
    )
    partly: PartlyPlanned | None = None
    with progress_bar(quiet=quiet) as progress:
        try:
            folder, assumptions = plan_run(
                data,
                out,
                settings=settings,
                weeks=weeks,
                locks=locks,
                scenario=scenario,
                overwrite=overwrite,
                progress=progress,
                cache=cache,
            )
        except PartlyPlanned as found:
            partly, folder, assumptions = found, found.folder, found.assumptions
    warn(assumptions)
    planograms = sorted((folder / "planograms").glob("*.xlsx"))
    run = json.loads((folder / RUN_FILE).read_text(encoding="utf-8"))
    locked, together = (
        pd.read_parquet(folder / "tables" / f"{name}.parquet") for name in ("locks", "lock_totals")
    )
    for line in lock_lines(locked, together, run["currency"], run["locale"]):
        typer.echo(line)
    typer.echo(f"Planned {len(planograms)} stores{answers_reused(run['cache'])}. Open:")
    typer.echo(f"  {folder / 'report.html'}    the report, in a browser")
    typer.echo(f"  {folder / 'chain.xlsx'}    the whole chain, in Excel")
    typer.echo(f"  {folder / 'planograms'}    a workbook per store, such as {planograms[0].name}")
    typer.echo(f"Check it: planner audit {folder}")
    if partly is not None:
        raise partly


app.command()(sweep)


@app.command()
def groups(
    data: Data,
    out: Annotated[
        Path | None, typer.Option(help="Folder to write to; default: reports/<data>-groups")
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace an earlier proposal in the folder")
    ] = False,
    quiet: Quiet = False,
) -> None:
    """Propose need groups: items that shoppers accept for one another."""
    from planner.progress import progress_bar
    from planner.proposals import propose_groups

    folder = out or Path("reports") / f"{data.resolve().stem}-groups"
    with progress_bar(quiet=quiet) as progress:
        found = propose_groups(data, folder, overwrite=overwrite, progress=progress)
    unsure = int((found["stays_share"] < 0.5).sum())
    typer.echo(
        f"{found['need_group'].nunique()} need groups for {len(found)} items in "
        f"{found['category'].nunique()} categories; {unsure} items stay with their group in less "
        "than half of the resamples."
    )
    typer.echo(f"Look them over and edit them in {folder / 'need_groups.xlsx'}")
    typer.echo(
        f"To use them, copy the column need_group (also in {folder / 'need_groups.csv'}) into the "
        "items table."
    )


@app.command()
def segments(
    data: Data,
    out: Annotated[
        Path | None, typer.Option(help="Folder to write to; default: reports/<data>-segments")
    ] = None,
    number: Annotated[
        int | None,
        typer.Option("--segments", min=1, max=20, help="How many; default: as the data tells"),
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace an earlier proposal in the folder")
    ] = False,
    quiet: Quiet = False,
) -> None:
    """Propose customer segments from the sales: how many, who is where, what they buy."""
    from planner.progress import progress_bar
    from planner.proposals import propose_segments

    folder = out or Path("reports") / f"{data.resolve().stem}-segments"
    with progress_bar(quiet=quiet) as progress:
        found = propose_segments(
            data, folder, number=number, overwrite=overwrite, progress=progress
        )
    if found.number == 1 and number is None:
        typer.echo(
            f"The {found.cells:,} store-item pairs tell no segments apart: one segment foretells "
            "pairs held out as well as more do, beyond noise."
        )
    else:
        typer.echo(f"{found.number} segments from {found.cells:,} store-item pairs.")
    typer.echo(f"Look them over in {folder / 'segments.xlsx'}")
    typer.echo(f"To use them, put {folder / 'segments.csv'} and segment_index.csv beside the data.")


@app.command()
def solve(
    problem: Annotated[Path, typer.Argument(help="PROBLEM.json")],
    out: Annotated[Path, typer.Option(help="PLAN.json to write")],
    gap: Annotated[float, typer.Option(min=0.0, max=1.0, help="Proven gap to reach")] = 1e-6,
    time_limit: Annotated[float, typer.Option(min=0.1, help="Seconds")] = 600.0,
    solver: SolverName = "highs",
) -> None:
    """Solve one store program with its parameters given."""
    from planner.assortment.conflict_words import NOT_FOUND, conflict_entries
    from planner.assortment.problem_file import read_problem, write_plan
    from planner.assortment.store import solve_store
    from planner.assortment.whole_program import Solver

    check_file_out(out)
    store_problem = read_problem(problem)
    found = solve_store(store_problem, gap, time_limit, Solver(solver))
    conflicts = []
    if found.plan == "infeasible":
        conflicts = conflict_entries(store_problem, time_limit)
    write_plan(store_problem, found, out, conflicts)
    if found.plan == "infeasible":
        sentences = [f"  {conflict['words']}" for conflict in conflicts] or [f"  {NOT_FOUND}"]
        raise Infeasible("no plan keeps every limit:\n" + "\n".join(sentences))
    if found.plan == "none":
        raise NoPlan("no plan was found within the time limit")
    typer.echo(f"{found.plan}, {found.proof}: objective {found.objective_week:,.4f} a week")


@app.command()
def explain(
    run: Annotated[Path, typer.Argument(help="Run folder")],
    store: Annotated[str, typer.Option(help="A store, by its id or its name")],
    item: Annotated[str, typer.Option(help="An item, by its id or its name")],
    time_limit: Annotated[float, typer.Option(min=0.1, help="Seconds")] = 120.0,
) -> None:
    """Say why a store lists an item or not, and what the opposite would cost, exactly."""
    from planner.explain import explain as explain_item

    typer.echo(explain_item(run, store, item, seconds=time_limit))


@app.command()
def backtest(
    data: Data,
    out: Annotated[
        Path | None, typer.Option(help="Folder to write; default: reports/<data>-backtest-<time>")
    ] = None,
    weeks: Annotated[
        int | None, typer.Option(min=1, max=52, help="Weeks to hold out; default: horizon_weeks")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of what is hidden at random")] = 1,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace the backtest that is in the folder")
    ] = False,
    quiet: Quiet = False,
) -> None:
    """Score the forecasts on the chain's own past, beside simple rules: a page and a workbook."""
    from planner.backtest import run_backtest
    from planner.outputs.report.backtest_words import summary_lines
    from planner.progress import progress_bar

    with progress_bar(quiet=quiet) as progress:
        folder, found = run_backtest(
            data, out, weeks=weeks, seed=seed, overwrite=overwrite, progress=progress
        )
    for line in summary_lines(found.scores):
        typer.echo(line)
    warn(found.assumptions)
    typer.echo("Open:")
    typer.echo(f"  {folder / 'backtest.html'}    the page, in a browser")
    typer.echo(f"  {folder / 'backtest.xlsx'}    every score, in Excel")


@app.command()
def audit(
    run: Annotated[Path, typer.Argument(help="Run folder")],
    data: Annotated[
        Path | None, typer.Option(help="The chain's data, where it has moved since")
    ] = None,
) -> None:
    """Recompute a finished run from its tables and workbooks, without the model or the solver."""
    from planner.audit import audit as audit_run
    from planner.run_folder import check_is_run

    check_is_run(run)
    result = audit_run(run, data)
    for note in result.notes:
        typer.echo(f"note: {note}")
    if result.findings:
        raise AuditFailed(result.findings)
    typer.echo(f"{run}: {result.checks:,} comparisons, nothing off.")


def main() -> None:
    """Run the command line; faults become one short message and an exit code."""
    debug = "--debug" in sys.argv[1:]
    arguments = [argument for argument in sys.argv[1:] if argument != "--debug"]
    with CtrlC():
        _run(arguments, debug)


def _run(arguments: list[str], debug: bool) -> None:
    try:
        app(arguments)
    except SystemExit as ending:
        if ending.code == STOPPED:
            typer.echo(STOPPED_WORDS, err=True)
        raise
    except KeyboardInterrupt:
        typer.echo(STOPPED_WORDS, err=True)
        sys.exit(STOPPED)
    except PlannerError as error:
        if debug:
            traceback.print_exc()
        _fail(fault_words(error, arguments), error.exit_code)
    except OSError as error:
        if debug:
            raise
        _fail(system_fault_words(error, arguments), 2)
    except MemoryError:
        if debug:
            raise
        _fail("memory ran out: plan with fewer --workers, or on a larger machine", 1)
    except Exception as error:
        if debug:
            raise
        _fail(f"unexpected fault: {type(error).__name__}: {error}\nRun again with --debug for the "
              "traceback.", 1)  # fmt: skip


def _fail(message: str, code: int) -> None:
    typer.echo(f"planner: {message}", err=True)
    sys.exit(code)


@app.callback(invoke_without_command=True)
def version_option(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Show the version")] = False,
) -> None:
    """Plan a shared core range and each store's local items."""
    if version:
        typer.echo(__version__)
        raise typer.Exit
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())
