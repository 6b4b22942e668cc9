using System.CommandLine;
using System.CommandLine.Help;
using PruneTasks.Spec.Diagnostics;

namespace PruneTasks.Worker.Cli;

/// <summary>The command line. Takes its writers, so that it is tested in-process.</summary>
internal static class WorkerCommandLine
{
    /// <summary>The name of the tool, as in its package.</summary>
    public const string ToolName = "prunetasks";

    /// <summary>Every command, in the order of the help.</summary>
    private static readonly Row[] Commands =
    [
        new("new-spec", NewSpecCommand.Create),
        new("inspect", InspectCommand.Create),
        new("prune", PruneCommand.Create),
        new("explain", ExplainCommand.Create),
        new("evaluate", EvaluateCommand.Create),
        new("cache", CacheCommand.Create),
    ];

    /// <summary>The whole command line, as help and documentation show it.</summary>
    public static Command CreateRoot(CommandContext context) => CreateRoot(context, null);

    // A build names its command and waits for it: the others are not made.
    private static Command CreateRoot(CommandContext context, string? only)
    {
        // No RootCommand: that one takes its name from the process, which is 'dotnet' or a worker.
        var root = new Command(ToolName, "Prunes ONNX models with an app's own data, without training. Started by the build; also for use by hand.") { new HelpOption(), new VersionOption() };
        bool known = Array.Exists(Commands, row => row.Name == only);
        foreach (Row row in Commands)
        {
            if (!known || row.Name == only) root.Subcommands.Add(row.Create(context));
        }
        return root;
    }

    /// <summary>Parses and runs.</summary>
    /// <param name="arguments">As given to the process.</param>
    /// <param name="context">Where it writes.</param>
    /// <returns>One of <see cref="ExitCode"/>.</returns>
    public static async Task<int> RunAsync(IReadOnlyList<string> arguments, CommandContext context)
    {
        (TextWriter output, TextWriter error) = (context.Output, context.Error);
        Command root = CreateRoot(context, arguments.FirstOrDefault());
        // A path may start with '@'; it is no response file.
        ParseResult parsed = root.Parse(arguments, new ParserConfiguration { ResponseFileTokenReplacer = null });
        var configuration = new InvocationConfiguration
        {
            Output = output,
            Error = error,
            EnableDefaultExceptionHandler = false,
            // A run that is cancelled removes its temporary folder first.
            ProcessTerminationTimeout = TimeSpan.FromSeconds(10),
        };
        if (arguments.Count == 0)
        {
            // Somebody who types the name alone wants to know what there is; a script that does has lost its arguments.
            configuration.Output = error;
            await root.Parse(["--help"]).InvokeAsync(configuration).ConfigureAwait(false);
            return ExitCode.BadCommandLine;
        }
        if (parsed.Errors.Count == 0) return await parsed.InvokeAsync(configuration).ConfigureAwait(false);
        foreach (System.CommandLine.Parsing.ParseError problem in parsed.Errors)
            await error.WriteLineAsync(PruneDiagnostics.BadCommandLine.In(null, problem.Message).ToString()).ConfigureAwait(false);
        await error.WriteLineAsync("Use --help to see the commands and their options.").ConfigureAwait(false);
        return ExitCode.BadCommandLine;
    }

    // A class: generic code over structs is compiled anew in each process.
    private sealed class Row(string name, Func<CommandContext, Command> create)
    {
        public string Name => name;

        public Func<CommandContext, Command> Create => create;
    }
}
