using System.Buffers.Binary;
using System.Text;
using PruneTasks.Torch.Native;

namespace PruneTasks.Torch.Tests.Native;

public sealed class BridgePatchTests : IDisposable
{
    private readonly string _cache = Path.Combine(Path.GetTempPath(), $"prunetasks-bridge-{Guid.NewGuid():N}");

    private static string Original => Path.Combine(AppContext.BaseDirectory, "runtimes", "linux-x64", "native", "libLibTorchSharp.so");

    public void Dispose()
    {
        if (Directory.Exists(_cache)) Directory.Delete(_cache, recursive: true);
    }

    [Fact]
    public void Patch_changes_at_most_eight_bytes_and_nobody_asks_for_the_symbol_any_more()
    {
        byte[] before = File.ReadAllBytes(Original), after = BridgePatch.Apply(before);
        Assert.Equal(before.Length, after.Length);
        Assert.InRange(before.Zip(after).Count(p => p.First != p.Second), 3, 8);
        Assert.Contains((BridgePatch.MissingSymbol, BridgePatch.MissingVersion, false), Needs(before));
        Assert.DoesNotContain(Needs(after), n => n.Symbol == BridgePatch.MissingSymbol);
        Assert.DoesNotContain(Needs(after), n => n.Version == BridgePatch.MissingVersion);
        Assert.Equal(Needs(before).Count(n => n.Symbol == BridgePatch.Replacement) + 1, Needs(after).Count(n => n.Symbol == BridgePatch.Replacement));
        Assert.Equal(0, WeakFlagOf(before));
        Assert.Equal(2, WeakFlagOf(after));
    }

    [Fact]
    public void Patched_file_is_refused_a_second_time() =>
        Assert.Throws<BridgePatchException>(() => BridgePatch.Apply(BridgePatch.Apply(File.ReadAllBytes(Original))));

    [Theory]
    [InlineData("version", "GLIBCXX_3.4.32", "GLIBCXX_3.4.99")]
    [InlineData("symbol", "_ZSt21ios_base_library_initv", "_ZSt21ios_base_library_inix")]
    [InlineData("replacement", "_ZN3c108GradMode10is_enabledEv", "_ZN3c108GradMode10is_enabledEx")]
    public void Library_with_another_version_symbol_or_import_is_refused(string what, string name, string other)
    {
        Assert.NotEmpty(what);
        byte[] bytes = File.ReadAllBytes(Original);
        byte[] from = [.. Encoding.ASCII.GetBytes(name), 0], to = [.. Encoding.ASCII.GetBytes(other), 0];
        for (int at; (at = bytes.AsSpan().IndexOf(from)) >= 0;) to.CopyTo(bytes, at);
        Assert.Throws<BridgePatchException>(() => BridgePatch.Apply(bytes));
    }

    [Fact]
    public void Truncated_and_foreign_files_are_refused()
    {
        byte[] bytes = File.ReadAllBytes(Original);
        Assert.Throws<BridgePatchException>(() => BridgePatch.Apply([]));
        Assert.Throws<BridgePatchException>(() => BridgePatch.Apply(new byte[4096]));
        Assert.Throws<BridgePatchException>(() => BridgePatch.Apply(bytes.AsSpan(0, bytes.Length / 2)));
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(18), 183);
        Assert.Contains("x86-64", Assert.Throws<BridgePatchException>(() => BridgePatch.Apply(bytes)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Copy_is_kept_under_the_hash_of_the_original_and_repaired_when_damaged()
    {
        string path = BridgeCache.PatchedCopy(Original, _cache);
        string hash = Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(Original))).ToLowerInvariant();
        Assert.Equal(Path.Combine(_cache, hash, "libLibTorchSharp.so"), path);
        byte[] written = File.ReadAllBytes(path);
        File.WriteAllBytes(path, written.AsSpan(0, 1000));
        Assert.Equal(path, BridgeCache.PatchedCopy(Original, _cache));
        Assert.Equal(written, File.ReadAllBytes(path));
        Assert.Equal([path], Directory.GetFiles(_cache, "*", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task Many_writers_leave_one_whole_copy()
    {
        string[] paths = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => BridgeCache.PatchedCopy(Original, _cache))));
        string path = Assert.Single(paths.Distinct());
        Assert.Equal(BridgePatch.Apply(File.ReadAllBytes(Original)), File.ReadAllBytes(path));
        Assert.Single(Directory.GetFiles(Path.GetDirectoryName(path)!));
    }

    private static List<(string Symbol, string Version, bool Weak)> Needs(byte[] bytes)
    {
        ElfImage elf = new(bytes);
        ElfSection symbols = elf.Only(ElfImage.DynamicSymbols, ""), versions = elf.Only(ElfImage.SymbolVersions, "");
        Dictionary<int, (string Name, int Flags)> names = Versions(elf);
        List<(string, string, bool)> result = [];
        for (int i = 1; i < symbols.Size / 24; i++)
        {
            int at = symbols.Offset + i * 24;
            if (elf.U16(at + 6) != 0) continue;
            (string name, int flags) = names.GetValueOrDefault(elf.U16(versions.Offset + 2 * i), ("", 0));
            result.Add((elf.Text(elf.Linked(symbols), elf.U32(at)), name, flags == 2));
        }
        return result;
    }

    private static int WeakFlagOf(byte[] bytes) => Versions(new ElfImage(bytes)).Values.Single(v => v.Name == BridgePatch.MissingVersion).Flags;

    private static Dictionary<int, (string Name, int Flags)> Versions(ElfImage elf)
    {
        ElfSection needs = elf.Only(ElfImage.VersionNeeds, "");
        Dictionary<int, (string, int)> result = [];
        int entry = needs.Offset;
        for (int i = 0; i < needs.Info; i++, entry += (int)elf.U32(entry + 12))
        {
            int aux = entry + (int)elf.U32(entry + 8);
            for (int j = 0; j < elf.U16(entry + 2); j++, aux += (int)elf.U32(aux + 12))
                result[elf.U16(aux + 6)] = (elf.Text(elf.Linked(needs), elf.U32(aux + 8)), elf.U16(aux + 4));
        }
        return result;
    }
}
