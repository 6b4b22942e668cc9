using System.CommandLine;
using System.Text;
using PruneTasks.Worker.Cli;

namespace PruneTasks.Worker.Tests.Generated;

/// <summary>docs/command-line.md from the parser: commands, arguments, options, exit codes. What no parser knows is written here.</summary>
internal static class CommandLineText
{
    /// <summary>Row for every command: how it is used, and what else is to know.</summary>
    private static readonly Dictionary<string, (string Example, string Notes)> Words = new(StringComparer.Ordinal)
    {
        ["new-spec"] = (
            "prunetasks new-spec models/vit.onnx",
            "The task is guessed from the shapes of inputs and outputs, and the guess is said in the file. The spec is valid as it is, but for the paths of the data. No file is replaced without `--force`."),
        ["inspect"] = (
            "prunetasks inspect vit.onnx --json | jq .barriers",
            "Nothing is run and no native library is needed. What `inspect` lists as units is what `prune` may cut; what it lists as left dense comes with the reason."),
        ["prune"] = (
            "prunetasks prune --spec vit.prune.yaml --output out",
            "What a build does, without a build; the files are listed in [report.md](report.md#files-of-prune). A failed run leaves an older output alone. `--request` is how the build calls it. On a terminal, stage, step and time left are drawn on one line; elsewhere each stage is a line, and long stages tell their steps every ten seconds."),
        ["explain"] = (
            "prunetasks explain layers.3 --report out",
            "Answers from `report.json` alone: how many units stay, the reason, the price of this width and of one unit fewer, the widths at which prices were measured, what equal shares would have kept, whether the personal or the common data needs the layer, and what was refused."),
        ["evaluate"] = (
            "prunetasks evaluate --model out/vit.pruned.onnx --against vit.onnx --spec vit.prune.yaml",
            "Both models run in ONNX Runtime on the same samples; [report.md](report.md#measures) defines the measures."),
        ["cache list"] = ("prunetasks cache list", "What the key stands for is told in [how-the-build-works.md](how-the-build-works.md#the-cache)."),
        ["cache verify"] = ("prunetasks cache verify --path /mnt/team/prune", "A build does the same with every result that it takes, so this is for disks that are under suspicion."),
        ["cache clear"] = ("prunetasks cache clear --keep 2GB", "Builds that come later prune again."),
    };

    private const string Introduction = """
        <!-- Written from the parser (src/PruneTasks.Worker/Cli) by a test; PRUNETASKS_UPDATE=1 writes it anew. -->
        # The command line: `prunetasks`

        The worker that prunes in a build is also a program to use by hand, packed as a .NET tool:

        ```
        dotnet tool install --global PruneTasks.Tool      # or, for one repository: dotnet new tool-manifest, then dotnet tool install PruneTasks.Tool
        prunetasks new-spec vit.onnx
        prunetasks prune --spec vit.prune.yaml --output out
        ```

        In this repository, `dotnet run --project src/PruneTasks.Worker -- <command>` does the same. The tool is not on a public feed yet:
        `dotnet pack src/PruneTasks.Tool -c Release -o ../feed`, then install with `--add-source ../feed`.

        Results go to standard output; diagnostics too for `prune` without `--json`, as `file(line,col): error PRUNEnnnn: text`, for all other commands to standard
        error, so that results can be piped. Progress goes to standard error. Every command that prints data has `--json`, with a field `version`;
        the fields are listed in [report.md](report.md). `--help` works everywhere. A path may begin with `@`: there are no response files.

        """;

    private const string Natives = """

        ## Native libraries

        `prune` needs libtorch and ONNX Runtime, `evaluate` ONNX Runtime. They are looked for in the folder given (`--libtorch`, `--onnxruntime`), in
        the one of the environment variable (`PRUNETASKS_LIBTORCH`, `PRUNETASKS_ONNXRUNTIME`), and in NuGet's folders (`NUGET_PACKAGES`, else
        `.nuget/packages` of the user). Where a package is in none of these the tool restores it, as a build does, with the package sources of the
        current folder; that needs the .NET SDK and is paid once per machine. `PRUNETASKS_OFFLINE=1` forbids it; what is missing is then
        [PRUNE0906](diagnostics/PRUNE0906.md) or [PRUNE0907](diagnostics/PRUNE0907.md), which name the way out.

        """;

    public static string Write()
    {
        Command root = WorkerCommandLine.CreateRoot(new CommandContext(TextWriter.Null, TextWriter.Null));
        var text = new StringBuilder(Introduction.ReplaceLineEndings("\n"));
        text.Append("\n## Exit codes\n\n| code | meaning |\n|---|---|\n");
        foreach ((int code, string meaning) in ExitCode.All) text.Append($"| {code} | {meaning} |\n");
        text.Append(Natives.ReplaceLineEndings("\n"));
        foreach (Command command in root.Subcommands) Write(text, command, command.Name);
        return text.ToString().TrimEnd('\n') + "\n";
    }

    /// <summary>Commands without commands of their own, by their full names.</summary>
    public static IEnumerable<string> Leaves(Command command, string path = "") => command.Subcommands.Count == 0
        ? [path]
        : command.Subcommands.SelectMany(child => Leaves(child, path.Length == 0 ? child.Name : $"{path} {child.Name}"));

    private static void Write(StringBuilder text, Command command, string path)
    {
        text.Append($"\n## `{path}`\n\n{command.Description}\n");
        foreach (Command child in command.Subcommands) Write(text, child, $"{path} {child.Name}");
        if (command.Subcommands.Count > 0) return;
        (string example, string notes) = Words[path];
        text.Append($"\n```\n{example}\n```\n\n{notes}\n");
        if (command.Arguments.Count + command.Options.Count == 0) return;
        text.Append("\n| argument or option | meaning |\n|---|---|\n");
        foreach (Argument argument in command.Arguments) text.Append($"| `<{argument.Name}>` | {argument.Description} |\n");
        foreach (Option option in command.Options) text.Append($"| `{option.Name}{(option.HelpName is { } value ? $" <{value}>" : "")}` | {(option.Required ? "Required. " : "")}{option.Description} |\n");
    }
}
