namespace PruneTasks.Worker.Evaluation;

/// <summary>Accumulates <see cref="OutputDifference"/> over runs.</summary>
internal sealed class DifferenceSum(string name)
{
    private double _error;
    private double _sum;
    private double _squares;
    private double _most;
    private long _count;

    /// <summary>Adds one run.</summary>
    public void Add(ReadOnlySpan<float> dense, ReadOnlySpan<float> pruned)
    {
        for (int i = 0; i < dense.Length; i++)
        {
            double difference = (double)dense[i] - pruned[i];
            _error += difference * difference;
            _sum += dense[i];
            _squares += (double)dense[i] * dense[i];
            // Written so that a NaN stays.
            if (!(Math.Abs(difference) <= _most)) _most = Math.Abs(difference);
        }
        _count += dense.Length;
    }

    /// <summary>The outcome.</summary>
    public OutputDifference Finish()
    {
        double spread = _squares - (_sum * _sum / Math.Max(1, _count));
        double nmse = _error / spread;
        return new OutputDifference(name, spread > 0 && double.IsFinite(nmse) ? nmse : null, double.IsFinite(_most) ? _most : null);
    }
}
