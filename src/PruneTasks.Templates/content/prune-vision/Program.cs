using App;
using PruneTasks;
using StbImageSharp;

if (args.Length == 0)
{
    Console.Error.WriteLine("usage: dotnet run -- <image> ...");
    return 2;
}

// Generated from classifier.prune.yaml; the pruned model is part of this assembly. One object serves all threads.
using var model = new Classifier();
foreach (string file in args)
{
    ImageResult image = ImageResult.FromMemory(File.ReadAllBytes(file), ColorComponents.RedGreenBlue);
    var best = model.Classify(new PixelSpan(image.Data, image.Width, image.Height, PixelFormat.Rgb24));
    Console.WriteLine($"{file}: {best.Label} {best.Score:P1}");
}
return 0;
