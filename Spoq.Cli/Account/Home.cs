using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Spoq.Cli.Account;

/// <summary>The folder of what this person's <c>spoq</c> remembers: <c>~/.spoq</c>, or what <c>SPOQ_HOME</c> names. Nobody else may look into it.</summary>
internal sealed class Home(string path)
{
    private const string CredentialsFile = "credentials";
    private const string LockFile = "lock";
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan s_between = TimeSpan.FromMilliseconds(15);

    public string CredentialsPath => Path.Combine(path, CredentialsFile);

    public static Home Find() =>
        new(Call.Setting("SPOQ_HOME") ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile, Environment.SpecialFolderOption.DoNotVerify), ".spoq"));

    public Credentials Read() => Read(CredentialsFile, CliJson.Default.Credentials) ?? new Credentials();

    public Task WriteAsync(Credentials credentials, CancellationToken cancellationToken) => WriteAsync(CredentialsFile, credentials, CliJson.Default.Credentials, cancellationToken);

    public T? Read<T>(string name, JsonTypeInfo<T> type)
        where T : class
    {
        var file = Path.Combine(path, name);
        try
        {
            if (!OperatingSystem.IsWindows() && File.Exists(file) && (File.GetUnixFileMode(file) & ~OwnerOnly) != 0)
            {
                // Copied, or unpacked from an archive: the tokens in it are still only its owner's.
                File.SetUnixFileMode(file, OwnerOnly);
            }

            return JsonSerializer.Deserialize(File.ReadAllBytes(file), type);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException or JsonException)
        {
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CommandFailedException(ExitCode.Failed, $"{file} cannot be read: {e.Message} Make it yours, or name another folder with SPOQ_HOME.");
        }
    }

    /// <summary>Readers see the old file or the new one, never half of it.</summary>
    public async Task WriteAsync<T>(string name, T value, JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        var target = Path.Combine(path, name);
        var draft = $"{target}.{Environment.ProcessId}";
        try
        {
            MakeFolder();
            var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows())
            {
                options.UnixCreateMode = OwnerOnly;
            }

            await using (var file = new FileStream(draft, options))
            {
                await JsonSerializer.SerializeAsync(file, value, type, cancellationToken);
                file.Flush(flushToDisk: true);
            }

            File.Move(draft, target, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            File.Delete(draft);
            throw new CommandFailedException(ExitCode.Failed, $"{target} cannot be written: {e.Message} Make room or make the folder yours, or name another with SPOQ_HOME.");
        }
    }

    /// <summary>One of all the <c>spoq</c> that run at once; the kernel lets go when its holder dies, however it dies.</summary>
    public async Task<IDisposable> LockAsync(CancellationToken cancellationToken)
    {
        MakeFolder();
        var began = DateTime.UtcNow;
        while (true)
        {
            try
            {
                return new FileStream(Path.Combine(path, LockFile), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException) when (DateTime.UtcNow - began < s_patience)
            {
                await Task.Delay(s_between, cancellationToken);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new CommandFailedException(ExitCode.Failed, $"{Path.Combine(path, LockFile)} cannot be locked: {e.Message}");
            }
        }
    }

    private void MakeFolder()
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(path);
        }
        else
        {
            Directory.CreateDirectory(path, OwnerOnly | UnixFileMode.UserExecute);
        }
    }
}

/// <summary>The file <c>credentials</c>: one sign-in for each control plane.</summary>
internal sealed record Credentials
{
    /// <summary>Where the last sign-in was: the control plane of commands that name none.</summary>
    public string? Last { get; init; }

    public IReadOnlyDictionary<string, SignIn> SignIns { get; init; } = new Dictionary<string, SignIn>();

    public Credentials With(Uri root, SignIn signIn) => this with { Last = root.Text(), SignIns = new Dictionary<string, SignIn>(SignIns) { [root.Text()] = signIn } };

    public Credentials Without(Uri root)
    {
        var rest = SignIns.Where(pair => pair.Key != root.Text()).ToDictionary();
        return new Credentials { Last = Last == root.Text() ? rest.Keys.FirstOrDefault() : Last, SignIns = rest };
    }
}

/// <param name="ExpiresAt">Of the access token, by this machine's clock.</param>
internal sealed record SignIn(string AccessToken, string RefreshToken, DateTimeOffset ExpiresAt, string? Email = null);
