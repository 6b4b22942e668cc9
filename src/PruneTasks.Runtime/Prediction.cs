namespace PruneTasks;

/// <summary>One class with its probability.</summary>
/// <typeparam name="TLabel">The generated label enum, or <see cref="int"/> (the class index) for a model without labels.</typeparam>
/// <param name="Label">The class.</param>
/// <param name="Score">Its probability, 0..1; all classes of an image sum to 1.</param>
public readonly record struct Prediction<TLabel>(TLabel Label, float Score)
    where TLabel : unmanaged;
