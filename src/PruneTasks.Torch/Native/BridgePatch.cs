using System.Buffers.Binary;
using static PruneTasks.Torch.Native.ElfImage;

namespace PruneTasks.Torch.Native;

/// <summary>The bridge is not of the form that can be patched; nothing was changed.</summary>
public sealed class BridgePatchException : Exception
{
    internal BridgePatchException(string reason) : base("TorchSharp's native library cannot be adapted to this system: " + reason)
    {
    }
}

/// <summary>
/// Makes a copy of TorchSharp's native library (<c>libLibTorchSharp.so</c>) that loads where the host's libstdc++ is older than GCC 13.2.
/// </summary>
/// <remarks>
/// <para>The library as published asks for version <c>GLIBCXX_3.4.32</c> for one symbol only, <c>std::ios_base_library_init()</c>. GCC 13
/// emits a reference to it into every file that includes &lt;iostream&gt;, so that the iostream objects are initialised by libstdc++ itself;
/// an older libstdc++ initialises them when it is loaded, and it is loaded before this library. Nothing is lost without the call.</para>
/// <para>Three edits, eight bytes or fewer: (1) the entry of <c>GLIBCXX_3.4.32</c> in <c>.gnu.version_r</c> is marked weak, so that its
/// absence is no error (System V gABI, GNU symbol versioning, VER_FLG_WEAK); (2) the dynamic symbol gets the name of another function without
/// arguments or effects that is imported anyway, <c>c10::GradMode::is_enabled()</c>, so that a relocation that might use it resolves; (3) its
/// version becomes that function's, which is none (VER_NDX_LOCAL or VER_NDX_GLOBAL). Anything unexpected is refused. Only a private copy is made; see docs/decisions/0003.</para>
/// </remarks>
internal static class BridgePatch
{
    internal const string MissingVersion = "GLIBCXX_3.4.32";
    internal const string MissingSymbol = "_ZSt21ios_base_library_initv";
    internal const string Replacement = "_ZN3c108GradMode10is_enabledEv";
    private const ushort WeakFlag = 2, GlobalVersion = 1, VersionMask = 0x7fff;
    private const int SymbolSize = 24;

    /// <summary>Returns a patched copy of <paramref name="original"/>, which stays as it is.</summary>
    /// <exception cref="BridgePatchException">The file is not exactly of the known form.</exception>
    internal static byte[] Apply(ReadOnlySpan<byte> original)
    {
        ElfImage elf = new(original.ToArray());
        ElfSection symbols = elf.Only(DynamicSymbols, ".dynsym"), names = elf.Linked(symbols);
        ElfSection versions = elf.Only(SymbolVersions, ".gnu.version"), needs = elf.Only(VersionNeeds, ".gnu.version_r");
        Require(symbols.EntrySize == SymbolSize, "unexpected size of a dynamic symbol");
        int count = symbols.Size / SymbolSize;
        Require(versions.Size == count * 2, "symbols and symbol versions differ in number");

        int need = FindNeed(elf, needs);
        ushort flags = elf.U16(need + 4), index = (ushort)(elf.U16(need + 6) & VersionMask);
        Require(flags == 0, $"{MissingVersion} is already marked");

        int victim = -1;
        uint replacement = 0;
        ushort unversioned = 0;
        for (int i = 1; i < count; i++)
        {
            int at = symbols.Offset + i * SymbolSize;
            string name = elf.Text(names, elf.U32(at));
            int version = elf.U16(versions.Offset + i * 2) & VersionMask;
            if (version == index)
            {
                Require(victim < 0 && name == MissingSymbol, $"'{name}' also needs {MissingVersion}");
                RequireImportedFunction(elf, at, name);
                victim = i;
            }
            else if (name == Replacement && version <= GlobalVersion)
            {
                RequireImportedFunction(elf, at, name);
                (replacement, unversioned) = (elf.U32(at), (ushort)version);
            }
        }
        Require(victim > 0, $"no symbol needs {MissingVersion}");
        Require(replacement != 0, $"'{Replacement}' is not imported");

        BinaryPrimitives.WriteUInt16LittleEndian(elf.Bytes.AsSpan(need + 4), WeakFlag);
        BinaryPrimitives.WriteUInt32LittleEndian(elf.Bytes.AsSpan(symbols.Offset + victim * SymbolSize), replacement);
        BinaryPrimitives.WriteUInt16LittleEndian(elf.Bytes.AsSpan(versions.Offset + victim * 2), unversioned);
        return elf.Bytes;
    }

    // Elf64_Verneed: version, count, file, first aux, next. Elf64_Vernaux: hash, flags, other, name, next.
    private static int FindNeed(ElfImage elf, ElfSection needs)
    {
        ElfSection names = elf.Linked(needs);
        int found = -1, entry = needs.Offset;
        for (int i = 0; i < needs.Info; i++)
        {
            Require(elf.U16(entry) == 1, "unknown version of .gnu.version_r");
            string file = elf.Text(names, elf.U32(entry + 4));
            int aux = entry + (int)elf.U32(entry + 8);
            for (int j = 0; j < elf.U16(entry + 2); j++)
            {
                if (elf.Text(names, elf.U32(aux + 8)) == MissingVersion)
                {
                    Require(found < 0 && file.StartsWith("libstdc++.so", StringComparison.Ordinal), $"{MissingVersion} is asked of '{file}'");
                    found = aux;
                }
                aux += (int)elf.U32(aux + 12);
            }
            entry += (int)elf.U32(entry + 12);
        }
        Require(found >= 0, $"{MissingVersion} is not asked for");
        return found;
    }

    // Elf64_Sym: name, info (binding, type), other, section, value, size.
    private static void RequireImportedFunction(ElfImage elf, int at, string name) =>
        Require(elf.Bytes[at + 4] == 0x12 && elf.U16(at + 6) == 0 && elf.U64(at + 8) == 0, $"'{name}' is not an imported global function");
}
