using PersonalVision;
using PruneTasks;

var folder = AppContext.BaseDirectory;
var labels = File.ReadAllLines(Path.Combine(folder, "labels.txt"));
var personal = LabelledImages.Read(Path.Combine(folder, "data", "test-personal"), labels);
var everyone = LabelledImages.Read(Path.Combine(folder, "data", "test-everyone"), labels);
if (PruneResult.Read(Path.Combine(folder, "glyphs.result.json")) is not { } result)
{
    Console.Error.WriteLine("This build did not prune, so there is nothing to compare.");
    return 1;
}


// The pruned model is part of this assembly, and this is all that it takes to use it.
using var pruned = new Glyphs(new ModelOptions { IntraOpThreads = 1, InterOpThreads = 1 });
using var dense = new DenseModel(Path.Combine(folder, "glyphs.onnx"));

int Pruned(byte[] pixels) => (int)pruned.Classify(new PixelSpan(pixels, LabelledImages.Side, LabelledImages.Side, PixelFormat.Gray8)).Label;

double Accuracy(LabelledImages images, Func<byte[], int> classify) =>
    images.Pixels.Zip(images.Classes).Count(image => classify(image.First) == image.Second) / (double)images.Count;

double Agreement(LabelledImages images) => images.Pixels.Count(image => Pruned(image) == dense.Classify(image)) / (double)images.Count;

using var input = DenseModel.ToInput(personal.Pixels[0]);
var (denseTime, prunedTime) = Stopwatches.Medians(dense.Session, pruned.Session, input);
var removed = 1 - (double)result.Pruned.Macs / result.Dense.Macs;

Table.Print(
[
    ["", "dense", "pruned", ""],
    Sizes("file size, bytes", size => size.Bytes),
    Sizes("parameters", size => size.Parameters),
    Sizes("multiply-adds per image", size => size.Macs),
    Scores($"right, this person's unseen images ({personal.Count})", personal),
    Scores($"right, everyone's unseen images ({everyone.Count})", everyone),
    ["median latency, one image, one thread", $"{denseTime:F2} ms", $"{prunedTime:F2} ms",
        $"{denseTime / prunedTime:F2} times as fast; at most 1/(1-x) = {1 / (1 - removed):F2}"],
]);
return 0;

string[] Sizes(string name, Func<ReportedSize, long> size) =>
    [name, $"{size(result.Dense):N0}", $"{size(result.Pruned):N0}", $"{(double)size(result.Pruned) / size(result.Dense):P1} remains"];

string[] Scores(string name, LabelledImages images) =>
    [name, $"{Accuracy(images, dense.Classify):P1}", $"{Accuracy(images, Pruned):P1}", $"same answer for {Agreement(images):P1}"];
