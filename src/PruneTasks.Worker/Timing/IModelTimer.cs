using PruneTasks.Worker.Evaluation;

namespace PruneTasks.Worker.Timing;

/// <summary>The only place where a clock has a say in what is decided; tests put another one in.</summary>
internal interface IModelTimer
{
    /// <summary>Times models in turn: one sample, one thread.</summary>
    /// <param name="models">At least one.</param>
    /// <returns>Time of each as a share of the first one's.</returns>
    IReadOnlyList<double> Measure(IReadOnlyList<ModelImage> models);
}
