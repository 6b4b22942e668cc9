namespace PruneTasks.Pruning;

/// <summary>Answers of a changed network on the samples held back, against those of the dense one.</summary>
/// <param name="Loss">For each sample KL(dense ‖ changed) in nats, or the squared difference as a share of the dense variance.</param>
/// <param name="Agreement">For each sample the share of its rows with the same top-1; <see langword="null"/> where the answer is no distribution.</param>
/// <param name="AccuracyDrop">For each labelled sample 1 if only the dense network is right, −1 if only the changed one is, else 0; <see langword="null"/> without labels.</param>
public sealed record HoldOutFigures(IReadOnlyList<double> Loss, IReadOnlyList<double>? Agreement, IReadOnlyList<double>? AccuracyDrop);
