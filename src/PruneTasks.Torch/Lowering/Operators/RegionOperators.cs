using static PruneTasks.Torch.Lowering.LoweringRow;
using static TorchSharp.torch;

namespace PruneTasks.Torch.Lowering.Operators;

/// <summary>Boxes of detectors.</summary>
internal static class RegionOperators
{
    internal static IReadOnlyList<LoweringRow> Rows { get; } =
    [
        One("RoiAlign", RoiAlign) with { Refuse = (node, _) => node.String("mode", "avg") is "avg" or "max" ? null : $"mode '{node.String("mode")}'" },
        One("NonMaxSuppression", NonMaxSuppression),
    ];

    // Each region on a grid of samples (ratio × ratio in a cell); bilinear weights are those of the rows times those of the columns.
    private static Tensor RoiAlign(LoweringCall c)
    {
        (Tensor x, float[] rois, long[] images) = (c[0], c[1].to(float32).contiguous().data<float>().ToArray(), c.Integers(2));
        long height = c.Node.Int("output_height", 1), width = c.Node.Int("output_width", 1), ratio = c.Node.Int("sampling_ratio", 0);
        // In float32 throughout: how many samples a cell gets hangs on the last bit.
        float scale = c.Node.Float("spatial_scale", 1);
        // half_pixel is the default since opset 16; before, regions were not shifted and at least one pixel large.
        bool half = c.Node.String("coordinate_transformation_mode", c.Opset < 16 ? "output_half_pixel" : "half_pixel") == "half_pixel";
        float shift = half ? 0.5f : 0;
        if (x.dim() != 4 || c[1].dim() != 2 || c[1].shape[1] != 4 || images.Length != c[1].shape[0]) throw c.Fail("images [n, c, h, w], regions [r, 4] and [r] are needed");
        List<Tensor> parts = [];
        for (int r = 0; r < images.Length; r++)
        {
            (float left, float top) = ((rois[4 * r] * scale) - shift, (rois[(4 * r) + 1] * scale) - shift);
            (float w, float h) = ((rois[(4 * r) + 2] * scale) - shift - left, (rois[(4 * r) + 3] * scale) - shift - top);
            if (!half) (w, h) = (Math.Max(w, 1), Math.Max(h, 1));
            Samples rows = new(top, h, height, ratio, x.shape[2]), columns = new(left, w, width, ratio, x.shape[3]);
            parts.Add(c.Node.String("mode", "avg") == "avg" ? Averages(x[images[r]], rows, columns) : Largest(x[images[r]], rows, columns));
        }
        return parts.Count == 0 ? zeros([0, x.shape[1], height, width], x.dtype) : stack(parts, 0);
    }

    // Places along one axis: two neighbours and their weights for each sample; samples beyond a pixel outside count nothing.
    private sealed class Samples
    {
        internal Samples(float start, float length, long cells, long ratio, long size)
        {
            PerCell = ratio > 0 ? ratio : Math.Max(1, (long)MathF.Ceiling(length / cells));
            Cells = cells;
            Size = size;
            long n = cells * PerCell;
            (Low, High, LowWeight, HighWeight) = (new long[n], new long[n], new float[n], new float[n]);
            for (long i = 0; i < n; i++)
            {
                float at = start + (i / PerCell * (length / cells)) + ((i % PerCell + 0.5f) * (length / cells) / PerCell);
                if (at < -1 || at > size) continue;
                at = Math.Clamp(at, 0, size - 1);
                (Low[i], High[i]) = ((long)at, Math.Min((long)at + 1, size - 1));
                (LowWeight[i], HighWeight[i]) = ((float)(1 - (at - Low[i])), (float)(at - Low[i]));
            }
        }

        internal long PerCell { get; }
        internal long Cells { get; }
        internal long Size { get; }
        internal long[] Low { get; }
        internal long[] High { get; }
        internal float[] LowWeight { get; }
        internal float[] HighWeight { get; }

        // [cells, size]: means over the samples of a cell.
        internal Tensor Matrix(ScalarType type)
        {
            var matrix = new float[Cells, Size];
            for (long i = 0; i < Low.Length; i++)
            {
                matrix[i / PerCell, Low[i]] += LowWeight[i] / PerCell;
                matrix[i / PerCell, High[i]] += HighWeight[i] / PerCell;
            }
            return TorchTypes.Aligned(tensor(matrix)).to(type);
        }
    }

    private static Tensor Averages(Tensor image, Samples rows, Samples columns) => rows.Matrix(image.dtype).matmul(image).matmul(columns.Matrix(image.dtype).t());

    // The largest of the four weighted neighbours, over all samples of a cell: what the operator's definition computes.
    private static Tensor Largest(Tensor image, Samples rows, Samples columns)
    {
        Tensor? best = null;
        foreach ((long[] y, float[] wy) in new[] { (rows.Low, rows.LowWeight), (rows.High, rows.HighWeight) })
        {
            foreach ((long[] x, float[] wx) in new[] { (columns.Low, columns.LowWeight), (columns.High, columns.HighWeight) })
            {
                Tensor weighted = image.index_select(1, tensor(y)).index_select(2, tensor(x)) * tensor(wy).to(image.dtype).reshape(1, -1, 1) * tensor(wx).to(image.dtype).reshape(1, 1, -1);
                best = best is null ? weighted : best.maximum(weighted);
            }
        }
        return best!.reshape(image.shape[0], rows.Cells, rows.PerCell, columns.Cells, columns.PerCell).amax([2, 4]);
    }

    // For each image and class: boxes by falling score, unless they overlap one that was taken.
    private static Tensor NonMaxSuppression(LoweringCall c)
    {
        Tensor boxes = c[0].to(float32).contiguous(), scores = c[1].to(float32).contiguous();
        if (boxes.dim() != 3 || scores.dim() != 3 || boxes.shape[2] != 4 || scores.shape[2] != boxes.shape[1]) throw c.Fail("boxes [n, b, 4] and scores [n, classes, b] are needed");
        (float[] box, float[] score) = (boxes.data<float>().ToArray(), scores.data<float>().ToArray());
        (long images, long classes, long count) = (scores.shape[0], scores.shape[1], scores.shape[2]);
        long most = c.Optional(2) is { } limit ? limit.to(int64).item<long>() : 0;
        double overlap = c.Optional(3) is { } o ? o.to(float64).item<double>() : 0, least = c.Optional(4) is { } s ? s.to(float64).item<double>() : double.NegativeInfinity;
        bool centre = c.Node.Int("center_point_box", 0) != 0;
        List<long> chosen = [];
        for (long image = 0; image < images; image++)
        {
            for (long k = 0; k < classes; k++)
            {
                float ScoreOf(long b) => score[(((image * classes) + k) * count) + b];
                Box BoxOf(long b) => Box.Of(box.AsSpan((int)(((image * count) + b) * 4), 4), centre);
                List<Box> taken = [];
                foreach (long b in Enumerable.Range(0, (int)count).Select(b => (long)b).Where(b => ScoreOf(b) > least).OrderByDescending(ScoreOf))
                {
                    if (taken.Count >= most) break;
                    Box candidate = BoxOf(b);
                    if (taken.Any(t => t.Overlap(candidate) > overlap)) continue;
                    taken.Add(candidate);
                    chosen.AddRange([image, k, b]);
                }
            }
        }
        return tensor(chosen.ToArray(), [chosen.Count / 3, 3]);
    }

    private readonly record struct Box(float Top, float Left, float Bottom, float Right)
    {
        // Two opposite corners in any order, or centre and size.
        internal static Box Of(ReadOnlySpan<float> b, bool centre) => centre
            ? new(b[1] - (b[3] / 2), b[0] - (b[2] / 2), b[1] + (b[3] / 2), b[0] + (b[2] / 2))
            : new(Math.Min(b[0], b[2]), Math.Min(b[1], b[3]), Math.Max(b[0], b[2]), Math.Max(b[1], b[3]));

        internal float Area => (Bottom - Top) * (Right - Left);

        // Intersection over union.
        internal float Overlap(Box other)
        {
            float h = Math.Min(Bottom, other.Bottom) - Math.Max(Top, other.Top), w = Math.Min(Right, other.Right) - Math.Max(Left, other.Left);
            if (h <= 0 || w <= 0) return 0;
            float union = Area + other.Area - (h * w);
            return union <= 0 ? 0 : h * w / union;
        }
    }
}
