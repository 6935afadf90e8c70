using System.Globalization;
using System.Text;
using Microsoft.Extensions.Configuration;
using Spoq.Core.Ai;
using Spoq.Infrastructure.Ai.Metering;

namespace Spoq.Infrastructure.Ai.Upstreams;

/// <summary>Reads <c>Ai__Upstreams</c>, and says by the name of the variable what is wrong.</summary>
internal static class UpstreamReading
{
    private const long DefaultMaxOutput = 16_384;

    private static readonly string[] s_otherPrices = ["CachedInput", "CacheWrite", "CacheWriteForHour"];

    /// <exception cref="InvalidOperationException">A setting is missing or wrong; the message names it.</exception>
    public static IReadOnlyList<UpstreamOptions> Read(IConfiguration configuration) =>
        [.. configuration.GetSection("Ai:Upstreams").GetChildren().Select(ReadOne).OrderBy(upstream => upstream.Order)];

    private static UpstreamOptions ReadOne(IConfigurationSection section)
    {
        var form = section["Kind"]?.ToLowerInvariant() switch
        {
            "openai" => AiForm.OpenAi,
            "anthropic" => AiForm.Anthropic,
            var other => throw Wrong(section, "Kind", other is null ? "is missing" : $"is '{other}'", "write openai or anthropic"),
        };
        var name = section["Name"] ?? section.Key;
        if (Encoding.UTF8.GetByteCount(name) > UsageRecord.UpstreamBytes)
        {
            throw Wrong(section, "Name", $"is '{name}'", $"write at most {UsageRecord.UpstreamBytes} bytes");
        }

        var models = section.GetSection("Models").GetChildren().Select(model => ReadModel(model, form)).ToList();
        return new UpstreamOptions
        {
            Name = name,
            Form = form,
            BaseUrl = ReadAddress(section, form),
            Key = section["Key"] ?? section["ApiKey"],
            Order = Number(section, "Order", 0),
            MaxConcurrent = Number(section, "MaxConcurrent", 1_000),
            MaxFailures = Math.Max(1, Number(section, "MaxFailures", 5)),
            AnswerTimeout = Seconds(section, "AnswerTimeoutSeconds", 300),
            IdleTimeout = Seconds(section, "IdleTimeoutSeconds", 120),
            Drain = Seconds(section, "DrainSeconds", 0),
            Models = models.Count > 0 ? models : throw Wrong(section, "Models", "is empty", "name at least one model"),
        };
    }

    private static ModelOffer ReadModel(IConfigurationSection section, AiForm form)
    {
        // Models__gpt-5__Input as well as Models__0__Name: the key is the name where none is given.
        var name = section["Name"] ?? (section.Value is { Length: > 0 } bare ? bare : section.Key);
        if (Encoding.UTF8.GetByteCount(name) > UsageRecord.ModelBytes)
        {
            throw Wrong(section, "Name", $"is '{name}'", $"write at most {UsageRecord.ModelBytes} bytes");
        }

        var isForEmbeddings = section["Kind"]?.ToLowerInvariant() switch
        {
            null or "" or "chat" => false,
            "embeddings" => true,
            var other => throw Wrong(section, "Kind", $"is '{other}'", "write chat or embeddings"),
        };
        return new ModelOffer(
            name, section["UpstreamName"] ?? name, ReadPrice(section, form, isForEmbeddings), Number(section, "MaxOutput", (int)DefaultMaxOutput), section.GetSection("Plans").Get<string[]>() ?? [])
        {
            IsForEmbeddings = isForEmbeddings,
        };
    }

    /// <summary>Null: it is set at another upstream, or the model cannot be used. Half a price would give the other half away.</summary>
    private static ModelPrice? ReadPrice(IConfigurationSection section, AiForm form, bool isForEmbeddings)
    {
        var (input, output) = (Price(section, "Input"), Price(section, "Output"));
        if (input is null && output is null)
        {
            return s_otherPrices.FirstOrDefault(name => Price(section, name) is not null) is { } alone
                ? throw Wrong(section, "Input", $"is missing, but {alone} is set", "set the prices of Input and Output too")
                : null;
        }

        if (input is not { } read)
        {
            throw Wrong(section, "Input", "is missing", "set the price of what is read, 0 if it is free");
        }

        if (output is null && !isForEmbeddings)
        {
            throw Wrong(section, "Output", "is missing", "set the price of what is made, 0 if it is free, or Kind to embeddings");
        }

        // Anthropic's terms: a quarter more for five minutes, twice as much for an hour. Others ask what input costs.
        var write = Price(section, "CacheWrite") ?? (form == AiForm.Anthropic ? read * 5 / 4 : read);
        return ModelPrice.Of(
            read, Price(section, "CachedInput") ?? read, write, output ?? 0, Price(section, "CacheWriteForHour") ?? (form == AiForm.Anthropic ? Math.Max(write, read * 2) : write));
    }

    /// <summary>In the variable: microdollars for a token, which is dollars for a million. Here: microdollars for a million.</summary>
    private static long? Price(IConfigurationSection section, string name)
    {
        if (section[name] is not { Length: > 0 } text)
        {
            return null;
        }

        return decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var price) && price is >= 0 and < 1_000_000
            ? (long)Math.Round(price * 1_000_000)
            : throw Wrong(section, name, $"is '{text}'", "write microdollars for each token, such as 1.25 for $1.25 a million");
    }

    private static Uri ReadAddress(IConfigurationSection section, AiForm form)
    {
        var text = (section["BaseUrl"] ?? (form == AiForm.OpenAi ? "https://api.openai.com/v1" : "https://api.anthropic.com")).TrimEnd('/');
        if (!Uri.TryCreate(text, UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https"))
        {
            throw Wrong(section, "BaseUrl", $"is '{text}'", "write an http or https address");
        }

        // Both vendors' libraries differ in where /v1 belongs; either spelling means the same.
        text = form == AiForm.OpenAi && address.AbsolutePath == "/" ? text + "/v1"
            : form == AiForm.Anthropic && text.EndsWith("/v1", StringComparison.Ordinal) ? text[..^3]
            : text;
        return new Uri(text + "/");
    }

    private static TimeSpan Seconds(IConfigurationSection section, string name, int otherwise) => TimeSpan.FromSeconds(Number(section, name, otherwise));

    private static int Number(IConfigurationSection section, string name, int otherwise) =>
        section[name] is not { Length: > 0 } text ? otherwise
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number
        : throw Wrong(section, name, $"is '{text}'", "write a whole number");

    private static InvalidOperationException Wrong(IConfigurationSection section, string name, string what, string remedy) =>
        new($"{section.Path.Replace(":", "__", StringComparison.Ordinal)}__{name} {what}: {remedy}.");
}
