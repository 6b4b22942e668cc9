using System.Globalization;
using PruneTasks.Worker.Cli;
using PruneTasks.Worker.Running;

// The language of a machine must change no report and no error.
CultureInfo.DefaultThreadCurrentCulture = CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
ParentWatch.Start();
CommandContext context = new(Console.Out, Console.Error)
{
    // A line that is drawn over needs a terminal that can go back to its beginning; logs of CI get plain lines. Some terminals do not tell their width.
    Terminal = static () => Console.IsErrorRedirected || Environment.GetEnvironmentVariable("TERM") == "dumb" || Environment.GetEnvironmentVariable("CI") is not (null or "" or "false")
        ? null
        : static () => Console.WindowWidth is > 0 and int width ? width : 80,
};
// What a build starts is known without the parser, which would take a third of the time until the work begins.
if (args is ["compress", { } source, { } target]) return ModelCompression.Run(source, target, context);
if (RequestRun.FileOf(args) is { } request) return RequestRun.UntilSignal(request, context);
return await WorkerCommandLine.RunAsync(args, context).ConfigureAwait(false);
