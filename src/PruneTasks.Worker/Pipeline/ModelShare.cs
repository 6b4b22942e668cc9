namespace PruneTasks.Worker.Pipeline;

/// <summary>Shares of the dense model that are left before the plan is made: after exact rewrites, and after whole key and value groups.</summary>
/// <param name="Macs">Of its multiply-accumulates.</param>
/// <param name="Parameters">Of its parameters; what exact rewrites save of these is not counted.</param>
/// <param name="Bytes">Of its bytes; as above.</param>
internal sealed record ModelShare(double Macs, double Parameters = 1, double Bytes = 1);
