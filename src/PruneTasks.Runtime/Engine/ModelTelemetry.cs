using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace PruneTasks.Runtime;

/// <summary>
/// Activities and metrics of source and meter "PruneTasks". Without a listener a run asks two flags and does nothing else.
/// </summary>
internal static class ModelTelemetry
{
    public const string Name = "PruneTasks";

    private static readonly ActivitySource _source = new(Name);
    private static readonly Meter _meter = new(Name);
    private static readonly Histogram<double> _duration = _meter.CreateHistogram<double>("prunetasks.run.duration", "s", "Time that a run of a model took.");
    private static readonly Histogram<double> _wait = _meter.CreateHistogram<double>("prunetasks.run.wait", "s", "Time that a run waited for its turn (MaxConcurrency).");
    private static readonly Counter<long> _items = _meter.CreateCounter<long>("prunetasks.run.items", "{item}", "Entries of the batch axis that were run.");

    /// <summary>Whether anybody wants to know.</summary>
    public static bool IsOn => _source.HasListeners() || _duration.Enabled || _items.Enabled || _wait.Enabled;

    /// <summary>A run that is being watched.</summary>
    public static Activity? Start(ModelEngine engine)
    {
        Activity? activity = _source.StartActivity("prunetasks.run");
        activity?.SetTag("prunetasks.model", engine.Name).SetTag("prunetasks.provider", engine.ExecutionProvider);
        return activity;
    }

    public static void Waited(ModelEngine engine, TimeSpan time) => _wait.Record(time.TotalSeconds, Model(engine), Provider(engine));

    public static void Stop(ModelEngine engine, Activity? activity, TimeSpan time, long items, Exception? failure)
    {
        if (failure is null)
        {
            _duration.Record(time.TotalSeconds, Model(engine), Provider(engine));
            _items.Add(items, Model(engine), Provider(engine));
        }
        else
        {
            string kind = failure is ModelException known ? known.Kind.ToString() : failure.GetType().Name;
            _duration.Record(time.TotalSeconds, Model(engine), Provider(engine), new("error.type", kind));
            activity?.SetTag("error.type", kind).SetStatus(ActivityStatusCode.Error, failure.Message);
        }
        activity?.SetTag("prunetasks.items", items);
        activity?.Dispose();
    }

    private static KeyValuePair<string, object?> Model(ModelEngine engine) => new("prunetasks.model", engine.Name);

    private static KeyValuePair<string, object?> Provider(ModelEngine engine) => new("prunetasks.provider", engine.ExecutionProvider);
}
