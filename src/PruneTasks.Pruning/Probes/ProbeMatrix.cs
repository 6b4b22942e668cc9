namespace PruneTasks.Pruning;

/// <summary>y = X a with X of zeros and ones, given by the groups of each row. There is no constant: with no group compressed nothing changes.</summary>
/// <remarks>A constant could not be told from equal prices anyway, because all rows have the same number of ones.</remarks>
internal sealed class ProbeMatrix
{
    public ProbeMatrix(int columns, IReadOnlyList<IReadOnlyList<int>> rows, double[] y)
    {
        (Columns, Rows, Y) = (columns, rows, y);
        List<int>[] lists = [.. Enumerable.Range(0, columns).Select(_ => new List<int>())];
        for (int i = 0; i < rows.Count; i++)
            foreach (int j in rows[i]) lists[j].Add(i);
        RowsOf = [.. lists.Select(l => l.ToArray())];
    }

    /// <summary>n.</summary>
    public int Columns { get; }

    /// <summary>[row] → columns with a one.</summary>
    public IReadOnlyList<IReadOnlyList<int>> Rows { get; }

    /// <summary>[column] → rows with a one.</summary>
    public int[][] RowsOf { get; }

    /// <summary>Observations.</summary>
    public double[] Y { get; }

    /// <summary>X a.</summary>
    public static double[] Predict(IReadOnlyList<IReadOnlyList<int>> rows, double[] a) => [.. rows.Select(row => row.Sum(j => a[j]))];

    /// <summary>Xᵀ r.</summary>
    public double[] Correlate(double[] r) => [.. RowsOf.Select(rows => rows.Sum(i => r[i]))];

    /// <summary>y − X a.</summary>
    public double[] Residual(double[] a) => [.. Predict(Rows, a).Zip(Y, (p, y) => y - p)];

    /// <summary>
    /// Minimises ‖y − Xa‖² / 2m + Σ l1_j a_j + l2 / 2 Σ (a_j − centre_j)² over a ≥ 0 by cyclic coordinate descent, starting from and writing to <paramref name="a"/>.
    /// </summary>
    /// <param name="a">Start and result.</param>
    /// <param name="l1">Penalty of each column; infinite: the column stays 0.</param>
    /// <param name="l2">Strength of the pull.</param>
    /// <param name="centre">Towards what; null: 0.</param>
    /// <param name="sweeps">At most so many.</param>
    public void Descend(double[] a, double[] l1, double l2, double[]? centre, int sweeps = 200)
    {
        double m = Math.Max(1, Rows.Count);
        double[] residual = Residual(a);
        double scale = Y.Select(Math.Abs).DefaultIfEmpty(0).Max();
        for (int sweep = 0; sweep < sweeps; sweep++)
        {
            double moved = 0;
            for (int j = 0; j < Columns; j++)
            {
                int[] rows = RowsOf[j];
                double curvature = (rows.Length / m) + l2;
                if (double.IsPositiveInfinity(l1[j]) || curvature == 0) continue;
                double gradient = 0;
                foreach (int i in rows) gradient += residual[i];
                double next = Math.Max(0, ((gradient / m) + (rows.Length / m * a[j]) + (l2 * (centre?[j] ?? 0)) - l1[j]) / curvature);
                double change = next - a[j];
                if (change == 0) continue;
                foreach (int i in rows) residual[i] -= change;
                a[j] = next;
                moved = Math.Max(moved, Math.Abs(change));
            }
            if (moved <= 1e-7 * scale) break;
        }
    }
}
