using PruneTasks.Worker.Cli;
using PruneTasks.Worker.Running;

ParentWatch.Start();
return await WorkerCommandLine.RunAsync(args, Console.Out, Console.Error).ConfigureAwait(false);
