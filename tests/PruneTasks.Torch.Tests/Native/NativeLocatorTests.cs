using PruneTasks.Torch.Native;

namespace PruneTasks.Torch.Tests.Native;

public sealed class NativeLocatorTests : IDisposable
{
    private static readonly NativePackage Package = new("Some.Natives", "1.2.3", "libthing.so", "PRUNETASKS_THING");
    private readonly string _root = Directory.CreateTempSubdirectory("prunetasks-locator-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void Explicit_path_wins_over_the_variable_and_the_nuget_folders()
    {
        string given = Put("given"), variable = Put("variable");
        PutPackage("nuget");
        Assert.Equal(given, Find(new() { ExplicitPath = given, Environment = Env(("PRUNETASKS_THING", variable), ("NUGET_PACKAGES", Sub("nuget"))) }));
    }

    [Fact]
    public void Variable_wins_over_the_nuget_folders()
    {
        string variable = Put("variable");
        PutPackage("nuget");
        Assert.Equal(variable, Find(new() { Environment = Env(("PRUNETASKS_THING", variable), ("NUGET_PACKAGES", Sub("nuget"))) }));
    }

    [Fact]
    public void Nuget_folders_are_tried_in_order_variable_home_extra()
    {
        string inVariable = PutPackage("nuget"), inHome = PutPackage(Path.Combine(".nuget", "packages")), inExtra = PutPackage("extra");
        NativeSearch search = new() { Environment = Env(("NUGET_PACKAGES", Sub("nuget"))), PackageRoots = [Sub("extra")] };
        Assert.Equal(inVariable, Find(search));
        Directory.Delete(Sub("nuget"), recursive: true);
        Assert.Equal(inHome, Find(search));
        Directory.Delete(Sub(".nuget"), recursive: true);
        Assert.Equal(inExtra, Find(search));
    }

    [Fact]
    public void Explicit_path_may_be_the_library_itself_or_an_archive_with_lib()
    {
        string folder = Put("given"), inLib = Put(Path.Combine("archive", "lib"));
        Assert.Equal(folder, Find(new() { ExplicitPath = Path.Combine(folder, Package.Library) }));
        Assert.Equal(inLib, Find(new() { ExplicitPath = Sub("archive") }));
    }

    [Fact]
    public void Wrong_explicit_path_is_an_error_even_where_a_nuget_folder_has_the_package()
    {
        PutPackage("nuget");
        var e = Assert.Throws<NativeLibraryMissingException>(() =>
            Find(new() { ExplicitPath = Sub("nowhere"), Environment = Env(("NUGET_PACKAGES", Sub("nuget"))) }));
        Assert.Contains("nowhere", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Failure_names_the_PackageDownload_line_the_variable_and_every_folder_tried()
    {
        var e = Assert.Throws<NativeLibraryMissingException>(() => Find(new() { PackageRoots = [Sub("extra")] }));
        Assert.Equal("Some.Natives", e.Library);
        Assert.Contains("<PackageDownload Include=\"Some.Natives\" Version=\"[1.2.3]\" />", e.Message, StringComparison.Ordinal);
        Assert.Contains("PRUNETASKS_THING", e.Message, StringComparison.Ordinal);
        Assert.Equal(2, e.Searched.Count);
        Assert.All(e.Searched, folder => Assert.Contains(folder, e.Message, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("linux-arm64")]
    [InlineData("linux-musl-x64")]
    [InlineData("osx-x64")]
    public void Systems_without_a_libtorch_package_are_named(string rid) =>
        Assert.Contains(rid, Assert.Throws<NativeLibraryMissingException>(() => NativePackage.LibTorch(rid)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("linux-x64", "libtorch.so")]
    [InlineData("win-x64", "torch.dll")]
    [InlineData("osx-arm64", "libtorch.dylib")]
    public void Package_of_libtorch_follows_the_system(string rid, string library)
    {
        NativePackage package = NativePackage.LibTorch(rid);
        Assert.Equal(("libtorch-cpu-" + rid, library), (package.Id, package.Library));
        Assert.Matches(@"^\d+\.\d+\.\d+$", package.Version);
    }

    private string Find(NativeSearch search) =>
        NativeLocator.Find(Package, "linux-x64", search with { Home = _root, Environment = search.Environment == Environment.GetEnvironmentVariable ? Env() : search.Environment });

    private static Func<string, string?> Env(params (string Name, string Value)[] set) => name => set.FirstOrDefault(v => v.Name == name).Value;

    private string Sub(string name) => Path.Combine(_root, name);

    private string Put(string folder)
    {
        Directory.CreateDirectory(Sub(folder));
        File.WriteAllText(Path.Combine(Sub(folder), Package.Library), "");
        return Sub(folder);
    }

    private string PutPackage(string nugetFolder) => Put(Path.Combine(nugetFolder, "some.natives", "1.2.3", "runtimes", "linux-x64", "native"));
}
