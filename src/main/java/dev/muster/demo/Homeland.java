package dev.muster.demo;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One country of the simulated world: names in its own script with the spelling an e-mail address uses, and places.
 *
 * @param country ISO 3166 code
 * @param familyFirst whether the full name begins with the family name
 * @param street with {@code #} where the number goes
 */
record Homeland(
        String country,
        String countryName,
        boolean familyFirst,
        List<Name> givenNames,
        List<Name> familyNames,
        String street,
        List<Place> places) {

    /** @param latin how the name is spelled in an e-mail address: ASCII letters only */
    record Name(String text, String latin) {}

    record Place(String city, @Nullable String region, String postalCode) {}

    // country | English name | W for given name first, E for family name first | given | family | street | places
    private static final String TABLE = """
            DE|Germany|W|Jürgen:juergen,Käthe:kaethe,Björn:bjoern,Anneliese:anneliese,Thorsten:thorsten|Müller:mueller,Schröder:schroeder,Weiß:weiss,von der Heide:vonderheide|Goethestraße #|Köln;;50667,München;;80331
            FR|France|W|Zoé:zoe,François:francois,Anaïs:anais,Jérôme:jerome,Maëlys:maelys|Lefèvre:lefevre,Gonçalves:goncalves,D’Aubigné:daubigne,Benoît:benoit|# rue de la Paix|Besançon;;25000,Nîmes;;30000
            ES|Spain|W|José:jose,Begoña:begona,Íñigo:inigo,Lucía:lucia,Andrés:andres|García Muñoz:garciamunoz,Ibáñez:ibanez,Peña:pena,Núñez:nunez|Calle Mayor #|Málaga;;29001,León;;24001
            PL|Poland|W|Łukasz:lukasz,Małgorzata:malgorzata,Agnieszka:agnieszka,Zbigniew:zbigniew|Wiśniewski:wisniewski,Żółkiewska:zolkiewska,Dąbrowski:dabrowski,Gałązka:galazka|ul. Świętokrzyska #|Łódź;;90-001,Gdańsk;;80-001
            CZ|Czechia|W|Jiří:jiri,Šárka:sarka,Tomáš:tomas,Zdeňka:zdenka|Dvořák:dvorak,Nováková:novakova,Růžička:ruzicka,Černý:cerny|Dlouhá #|Brno;;602 00,Plzeň;;301 00
            SE|Sweden|W|Åsa:asa,Björn:bjorn,Göran:goran,Märta:marta|Sjöberg:sjoberg,Åkesson:akesson,Lindström:lindstrom,Östlund:ostlund|Storgatan #|Malmö;;211 22,Gävle;;803 20
            TR|Turkey|W|İrem:irem,Çağlar:caglar,Gülşen:gulsen,Işıl:isil|Yıldırım:yildirim,Öztürk:ozturk,Şahin:sahin,Doğan:dogan|İstiklal Caddesi #|İzmir;;35210,Eskişehir;;26010
            US|United States|W|Shaniqua:shaniqua,O’Brien:obrien,Maria Elena:mariaelena,Wyatt:wyatt,Ada:ada|Johnson-Reyes:johnsonreyes,McAllister:mcallister,O’Neill:oneill,Washington:washington|# Main Street|Moorestown;NJ;08057,Boulder;CO;80302
            BR|Brazil|W|João:joao,Conceição:conceicao,Luís:luis,Thaís:thais|da Conceição:daconceicao,Araújo:araujo,Guimarães:guimaraes,Simões:simoes|Rua das Flores, #|São Paulo;SP;01000-000,Brasília;DF;70000-000
            NG|Nigeria|W|Adébáyọ̀:adebayo,Chiamaka:chiamaka,Ọláníkẹ̀ẹ́:olanike,Ngozi:ngozi|Ọbáfẹ́mi:obafemi,Okonkwo:okonkwo,Adéyẹmí:adeyemi,Nwosu:nwosu|# Broad Street|Lagos;LA;100001,Ibadan;OY;200001
            VN|Vietnam|E|Thị Hương:thihuong,Đức:duc,Quỳnh:quynh,Văn Trường:vantruong|Nguyễn:nguyen,Trần:tran,Phạm:pham,Đặng:dang|# Đường Trần Phú|Đà Nẵng;;550000,Huế;;530000
            UA|Ukraine|W|Оксана:oksana,Тарас:taras,Соломія:solomiia,Євген:yevhen|Шевченко:shevchenko,Ковальчук:kovalchuk,Бойко:boiko,Кравець:kravets|вул. Лесі Українки, #|Київ;;01001,Львів;;79000
            BG|Bulgaria|W|Живка:zhivka,Георги:georgi,Цветана:tsvetana,Любомир:lyubomir|Димитров:dimitrov,Щерева:shtereva,Йорданова:yordanova,Кацаров:katsarov|ул. Граф Игнатиев #|София;;1000,Пловдив;;4000
            GR|Greece|W|Ελένη:eleni,Γιώργος:giorgos,Αγγελική:angeliki,Χρήστος:christos|Παπαδόπουλος:papadopoulos,Οικονόμου:oikonomou,Κωνσταντινίδου:konstantinidou,Ζαχαριάς:zacharias|Ερμού #|Αθήνα;;105 63,Θεσσαλονίκη;;546 24
            EG|Egypt|W|فاطمة:fatma,محمد:mohamed,ياسمين:yasmin,خالد:khaled|الشريف:elsherif,عبد الرحمن:abdelrahman,حسن:hassan,منصور:mansour|شارع التحرير #|القاهرة;;11511,الإسكندرية;;21500
            IL|Israel|W|נועה:noa,יוסף:yosef,תמר:tamar,אריאל:ariel|כהן:cohen,לוי:levi,בן־דוד:bendavid,שפירא:shapira|רחוב הרצל #|חיפה;;3100001,ירושלים;;9100001
            IN|India|W|अनन्या:ananya,राजेश:rajesh,प्रियंका:priyanka,विक्रम:vikram|शर्मा:sharma,चतुर्वेदी:chaturvedi,श्रीवास्तव:shrivastava,मिश्रा:mishra|# महात्मा गांधी मार्ग|जयपुर;RJ;302001,लखनऊ;UP;226001
            CN|China|E|伟:wei,秀英:xiuying,子涵:zihan,建国:jianguo|王:wang,欧阳:ouyang,李:li,诸葛:zhuge|人民路#号|成都;;610000,杭州;;310000
            KR|South Korea|E|서연:seoyeon,민준:minjun,지우:jiwoo,현우:hyunwoo|김:kim,이:lee,박:park,남궁:namgung|세종대로 #|서울;;04524,부산;;48058
            JP|Japan|E|さくら:sakura,健太:kenta,ヒカル:hikaru,美咲:misaki,ひなた:hinata,レン:ren|佐藤:sato,髙橋:takahashi,渡邉:watanabe,小鳥遊:takanashi|本町#丁目|札幌市;北海道;060-0001,那覇市;沖縄県;900-0001
            TH|Thailand|W|สมชาย:somchai,ปิยะดา:piyada,วรรณา:wanna,ณัฐพล:nattapon|ศรีสุวรรณ:srisuwan,วงศ์ใหญ่:wongyai,แก้วมณี:kaewmanee,บุญมี:bunmi|# ถนนสุขุมวิท|เชียงใหม่;;50000,ขอนแก่น;;40000
            GE|Georgia|W|ნინო:nino,გიორგი:giorgi,თამარ:tamar,ლევან:levan|ბერიძე:beridze,კაპანაძე:kapanadze,ჭავჭავაძე:chavchavadze,ღვინაშვილი:ghvinashvili|რუსთაველის გამზირი #|თბილისი;;0108,ქუთაისი;;4600
            """;

    static final List<Homeland> ALL = parse();

    private static List<Homeland> parse() {
        List<Homeland> homelands = new ArrayList<>();
        for (String line : TABLE.strip().lines().toList()) {
            String[] columns = line.split("\\|", -1);
            homelands.add(new Homeland(
                    columns[0],
                    columns[1],
                    columns[2].equals("E"),
                    names(columns[3]),
                    names(columns[4]),
                    columns[5],
                    places(columns[6])));
        }
        return List.copyOf(homelands);
    }

    private static List<Name> names(String column) {
        List<Name> names = new ArrayList<>();
        for (String entry : column.split(",", -1)) {
            int colon = entry.indexOf(':');
            names.add(new Name(entry.substring(0, colon), entry.substring(colon + 1)));
        }
        return List.copyOf(names);
    }

    private static List<Place> places(String column) {
        List<Place> places = new ArrayList<>();
        for (String entry : column.split(",", -1)) {
            String[] parts = entry.split(";", -1);
            places.add(new Place(parts[0], parts[1].isEmpty() ? null : parts[1], parts[2]));
        }
        return List.copyOf(places);
    }
}
