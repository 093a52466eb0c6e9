/**
 * Word lists of BIP-39, for secret-guard.js only. Made by tools/make_secret_data.py from the lists
 * of python-mnemonic (MIT, Copyright (c) 2013 Pavol Rusnak, 2017 mruddy): permission is granted
 * to use, copy, modify and distribute them as long as this notice is kept; no warranty.
 */

/**
 * The English list, each word as the number of letters it shares with the one before and the rest.
 * A capital marks a word of ordinary English, which proves little.
 */
export const WORDS =
  "0Abandon2ility2Le2Out3Ve2sent3orb3tract3urd2use1Ccess3Ident3Ount3use2hieve2id2oustic2quire" +
  "2ross2T3Ion3or3ress3Ual1dapt2D3ict3Ress2just2mit2Ult2Vance3Ice1erobic1ffair3ord2raid1Gain2E3Nt" +
  "2ree1Head1im2R3port2sle1Larm2Bum2cohol2ert2ien2L3ey3Ow2most2One2pha2Ready2So2ter2Ways1mateur" +
  "3zing2ong3Unt2used1nalyst2chor3ient2ger3le3ry2Imal2kle2nounce3ual2Other2Swer2tenna3ique2xiety" +
  "2Y1Part2ology2Pear3Le3Rove2Ril1rch3tic2Ea3na2gue2M3ed3or3y2Ound2range3Est3Ive3ow2T3efact3Ist" +
  "3work1Sk2pect2sault3Et3Ist3ume2thma1thlete2Om2tack3End3itude3ract1uction2dit2Gust2nt2thor3O" +
  "3umn1verage2ocado3Id1wake3re3Y2esome2ful2kward1xis0Baby2chelor3on2dge2G2Lance3cony3L2mboo2nana" +
  "3ner2R3ely3gain3rel2Se3ic3ket2ttle1Each3n3uty2Cause3Ome2ef2Fore2Gin2have3Ind2Lieve3Ow3t2nch" +
  "3efit2St2tray3Ter3Ween2Yond1icycle2d2Ke2Nd2ology2rd3th2tter1Lack3de3me3nket3st2eak3ss2ind2ood" +
  "3ssom3use2Ue3r3sh1oard3t2Dy2il2mb2Ne3Us2Ok3st2rder3ing3row2ss2ttom2unce2X2Y1racket3in3Nd3ss3ve" +
  "2ead3eze2ick3Dge3ef3ght3Ng3sk2occoli3Ken3nze3om3ther3wn2ush1ubble2ddy3Get2ffalo2ild2lb3k3let" +
  "2ndle3ker2rden3ger3st2S3Iness3Y2tter2Yer2zz0cabbage3in3Le2ctus2ge2ke2Ll3m2Mera3P2N3Al3Cel3dy" +
  "3non3oe3vas3yon2pable3Ital3tain2R3bon3D3Go3pet3Ry3t2Se3H3Ino3tle3ual2T3alog3ch3Egory3tle2ught" +
  "3Se3tion2ve1eiling2lery2ment2nsus3tury2real3Tain1hair3lk3mpion3Nge3os3pter3Rge3se3T2eap3Ck3ese" +
  "3F3rry3st2icken3ef3Ld3mney2Oice3Ose2ronic2uckle3nk3rn1igar2nnamon2rcle2tizen3Y2Vil1Laim3p3rify" +
  "3w3y2Ean3rk3ver2Ick3Ent3ff3mb3nic3P2Ock3g3Se3th3Ud3wn2Ub3mp3ster3tch1oach3st2conut2De2ffee2il" +
  "3N2llect3Or3umn2mbine3E3fort3ic3Mon3Pany2Ncert3duct3Firm3gress3Nect3Sider3Trol3vince2ok3L2pper" +
  "3Y2ral3E3n3Rect2St2tton2uch3Ntry3Ple3Rse3sin2Ver2yote1rack3dle3ft3m3ne3sh3ter3wl3zy2Eam3Dit3ek" +
  "3w2icket3Me3sp3Tic2op3Ss3uch3wd2ucial3el3ise3mble3nch3sh2y3stal1ube2Lture2P3board2rious3Rent" +
  "3tain3ve2shion3Tom2te1ycle0Dad2mage3p2nce3Ger2ring2sh2ughter2wn2Y1Eal2Bate3ris2cade3Ember3Ide" +
  "3line3orate3rease2er2fense3ine3y2gree2lay3iver2Mand3ise2nial3tist3y2part3End3Osit3th3uty2rive" +
  "2Scribe3ert3Ign3k3pair3troy2Tail3ect2velop3Ice3ote1iagram3l3mond3ry2Ce2esel3t2Ffer2Gital3nity" +
  "2lemma2nner3osaur2Rect3t2Sagree3cover3ease3h3miss3order3Play3tance2vert3ide3orce2zzy1Octor" +
  "3Ument2G2ll3phin2Main2nate3key3or2Or2se2Uble2Ve1raft3gon3Ma3stic3w2eam3ss2ift3ll3Nk3p3Ve2Op2um" +
  "2y1uck2mb2ne2Ring2st2tch3y1warf1ynamic0eager3le2Rly3N3th2sily3T3Y1cho2ology3nomy1dge2It2ucate" +
  "1ffort1gg1ight2Ther1lbow2der2ectric3Gant3Ment3phant3vator2ite2Se1mbark3ody3race2erge2otion" +
  "2ploy3ower3Ty1Nable3ct2D3less3orse2emy3Rgy2force2gage3Ine2hance2Joy2list2Ough2rich3oll2sure" +
  "2Ter3ire3Ry2velope1pisode1qual3ip1Ra3Se2ode3sion2Ror2upt1scape2Say3ence2tate1ternal2hics" +
  "1Vidence3l2oke3lve1Xact3Mple2cess3Hange3ite3lude3use2ecute3rcise2haust3ibit2ile3St3t2otic2pand" +
  "3ect3ire3Lain3ose3Ress2tend3Ra1ye3brow0fabric2Ce3ulty2de2int3th2Ll3Se2me3Ily3ous2N3cy3tasy2rm" +
  "2shion2T3al3her3igue2Ult2vorite1eature2Bruary2Deral2E3d3L2male2nce2Stival2tch2ver2W1iber2ction" +
  "2Eld2Gure2Le3M3ter2Nal3D3E3ger3Ish2Re3M3St2Scal3h2T3ness2X1lag3me3Sh3t3vor2ee2ight3p2oat3ck3or" +
  "3wer2uid3sh2Y1oam2Cus2G2il2ld3Low2Od3t2rce3est3get3k3tune3Um3ward2ssil3ter2Und2x1ragile3me" +
  "2equent3Sh2Iend3nge2og3Nt3st3wn3Zen2uit1uel2N3ny2rnace3y2Ture0gadget2In2Laxy3lery2Me2p2rage" +
  "3bage3den3lic3ment2S3p2te3her2uge2ze1Eneral3ius3Re3tle3Uine2sture1host1iant2Ft2ggle2nger2raffe" +
  "3L2Ve1Lad3nce3re3ss2ide3mpse2obe3om3ry3ve3w2ue1oat2ddess2Ld2Od3se2rilla2spel3sip2Vern2wn1rab" +
  "3ce3in3nt3pe3ss3vity2Eat3En2id3ef3t2ocery3Up3w2unt1uard2ess2Ide3lt3tar2N1Ym0habit2Ir2Lf2mmer" +
  "3ster2Nd2Ppy2rbor3D3sh3vest2T2Ve2wk2zard1Ead3Lth3Rt3vy2dgehog2ight2Llo3met3P2N2ro1Idden2Gh2ll" +
  "2Nt2P2re2Story1obby2ckey2Ld3e3iday3low2Me2ney2od2Pe2rn3ror3se2Spital3T2Tel2Ur2ver1Ub2ge2Man" +
  "3ble3Or2ndred3gry3t2rdle3Ry3t2sband1ybrid0ice2on1Dea3Ntify2le1Gnore1ll3egal3ness1Mage2itate" +
  "2mense3une2Pact3ose3rove3ulse1nch3Lude3ome3Rease2Dex3icate3oor3ustry2fant3lict3Orm2hale3erit" +
  "2itial2ject3ury2mate2ner3ocent2put2quiry2sane3ect3Ide3pire3Tall2tact3Erest3O2Vest3ite3olve1ron" +
  "1Sland2olate2Sue1Tem1vory0jacket2guar2R2zz1ealous3ns2lly2wel1Ob2In2ke2urney2Y1udge2ice2mp2ngle" +
  "3ior3k2St0kangaroo1een3P2tchup2Y1ick2d3ney2Nd3gdom2ss2T3chen3e3ten2wi1nee2ife2ock3W0Lab3El3Or" +
  "2dder3y2ke2mp2nguage2Ptop2Rge2Ter3in2ugh3ndry2va2W3n3suit2yer2zy1eader3f3Rn3Ve2cture2Ft2G3Al" +
  "3end2isure2mon2nd3gth3s2opard2sson2Tter2Vel1iar2berty3rary2cense2Fe3t2Ght2Ke2mb3It2Nk2on2quid" +
  "2St2Ttle2Ve2zard1Oad3n2bster2Cal3K2gic2nely3G2op2ttery2ud3nge2Ve2yal1ucky2ggage2mber2nar3ch" +
  "2xury1Yrics0Machine2D2gic3net2id3L3N2Jor2Ke2mmal2N3Age3date3go3sion3Ual2ple2rble3Ch3gin3ine" +
  "3Ket3riage2Sk3s3Ter2Tch3Erial3h3rix3Ter2ximum2ze1eadow3N3sure3t2chanic2dal3Ia2lody3t2Mber3ory" +
  "2ntion3U2rcy3ge3it3ry2sh3Sage2Tal3Hod1Iddle3night2lk3Lion2mic2Nd3Imum3or3Ute2racle3ror2sery3S" +
  "3Take2X3ed3ture1Obile2Del3ify2M3Ent2Nitor3key3ster3Th2on2Ral3E3ning2squito2ther3ion3Or2untain" +
  "3se2Ve3Ie1Uch2ffin2le3tiply2scle3Eum3hroom3Ic3T2tual1Yself3tery2th0naive2Me2pkin2rrow2sty2tion" +
  "3Ure1ear2ck2Ed2gative3lect2Ither2phew2rve2st2T3Work2utral2Ver2Ws2Xt1Ice2Ght1oble2ise2minee" +
  "2odle2Rmal3Th2se2table3E3Hing3Ice2Vel2W1uclear2Mber2rse2t0oak1bey2ject2lige2scure3erve2tain" +
  "2vious1ccur2ean2Tober1dor1Ff3Er3Ice2Ten1Il1kay1Ld2ive2ympic1mit1Nce2E2ion2Line3Y1Pen3Ra2Inion" +
  "2pose2Tion1range2bit2chard2Der3Inary2Gan2Ient3Ginal2phan1strich1Ther1utdoor3er3put3Side1val2en" +
  "3R1Wn3Er1xygen1yster1zone0pact2ddle2Ge2Ir2lace3m2nda3El3ic3ther2Per2rade3ent3K3rot3Ty2Ss2tch3H" +
  "3ient3rol3tern2Use2ve2Yment1eace3nut3r3sant2lican2N3alty3cil2Ople2pper2Rfect3Mit3Son2T1Hone3To" +
  "2Rase2ysical1Iano2cnic3ture2ece2g3eon2Ll3Ot2nk2oneer2pe2stol2tch2Zza1Lace3Net3Stic3te3Y2Ease" +
  "3dge2uck3g3nge1oem3T2Int2lar3E3Ice2nd3y2Ol2Pular2rtion2Sition3Sible3T2tato3tery2verty2wder3Er" +
  "1ractice3ise2edict3Fer3Pare3Sent3Tty3vent2Ice3De3mary3Nt3ority3son3Vate3ze2Oblem3Cess3Duce3Fit" +
  "3Gram3Ject3mote3Of3perty3sper3Tect3ud3Vide1Ublic2dding2ll3p3se2mpkin2nch2pil3py2Rchase3ity" +
  "3Pose3se2Sh2T2zzle1yramid0Quality3ntum3rter2Estion2ick3t3z2Ote0rabbit2ccoon3e3k2dar3Io2il3n3Se" +
  "2lly2mp2nch3dom3ge2Pid2re2Te3her2ven2w2zor1Eady3L3Son2bel3uild2Call3Eive3ipe3Ord3ycle2Duce" +
  "2flect3Orm3Use2Gion3ret3Ular2Ject2Lax3Ease3ief3y2main3Ember3Ind3Ove2nder3ew3T2Open2Pair3Eat" +
  "3Lace3Ort2quire2Scue3emble3ist3ource3Ponse3Ult2tire3reat3Urn2union2veal3Iew2ward1hythm1ib3bon" +
  "2ce3h2de3ge2fle2Ght3id2Ng2ot2pple2Sk2tual2val3Er1Oad3st2Bot3ust2cket2mance2of3kie3M2Se2tate" +
  "2ugh3Nd3Te2Yal1ubber2de2G2Le2N3way2Ral0Sad3dle3ness2Fe2il2lad3mon3On3T3ute2Me3ple2Nd2tisfy" +
  "3oshi2uce3sage2Ve2Y1cale3N3re3tter2Ene2heme3Ool2Ience3ssors2orpion3ut2rap3Een3Ipt3ub1Ea3Rch" +
  "3Son3t2Cond3Ret3tion3Urity2Ed3k2Gment2Lect3L2Minar2Nior3Se3tence2ries3Vice2ssion2ttle3Up2ven" +
  "1hadow3ft3llow3Re2ed3ll3riff2ield3ft3ne3p3ver2ock3e3ot3P3Rt3ulder3ve2rimp3ug2uffle2y1ibling2ck" +
  "2De2ege2ght3N2lent3k3ly3ver2Milar3Ple2Nce3G2ren2ster2tuate2x2Ze1kate2etch2I3ll3N3rt2ull1Lab3m" +
  "2eep3nder2ice3de3ght3M2ogan3T3w2ush1Mall3Rt2ile2oke3oth1nack3ke3p2iff2ow1oap2ccer3Ial3k2da2Ft" +
  "2lar3dier3Id3Ution3ve2Meone2Ng2On2rry3T2ul3nd3p3Rce3Th1Pace3re3tial3wn2eak3Cial3Ed3ll3nd2here" +
  "2ice3der3ke3N3rit2Lit2oil3Nsor3on3Rt3T2ray3Ead3Ing2y1quare3eeze3irrel1table3dium3Ff3ge3irs3mp" +
  "3Nd3Rt3Te3Y2eak3el3m3P3reo2ick3Ll3ng2Ock3mach3ne3ol3Ry3ve2rategy3Eet3ike3ong3uggle2Udent3ff" +
  "3mble2Yle1Ubject3Mit3way2Ccess3H2dden2ffer2gar3gest2it2mmer2N3ny3set2Per3ply3reme2Re3face3ge" +
  "3prise3round3Vey2Spect3tain1wallow3mp3P3rm2ear3et2ift3m3ng3Tch2ord1Ymbol3ptom2rup2Stem0Table" +
  "2ckle2G2il2Lent3K2Nk2pe2Rget2sk3te2ttoo2xi1each3M2Ll2N3ant3nis3t2Rm2St2Xt1Hank3T2eme3N3ory3Re" +
  "3Y2Ing3S2Ought2Ree3ive3ow2umb3nder1Icket2de2ger2lt2mber3E2Ny2P2red2ssue2Tle1oast2bacco2Day" +
  "3dler2E2Gether2ilet2Ken2mato3orrow2ne3gue3ight2Ol3th2P3Ic3ple2rch3nado3toise2ss2Tal2urist2ward" +
  "3er3n2y1Rack3De3ffic3gic3In3Nsfer3P3sh3Vel3y2Eat3e3Nd2ial3be3ck3gger3m3P2ophy3uble2uck3E3ly" +
  "3mpet3St3th2Y1ube2ition2mble2Na3nel2rkey3N3tle1welve3nty2Ice3n3st2O1Ype3Ical0ugly1mbrella" +
  "1nable3ware2cle3over2Der3O2fair3old2happy2iform3que3T3verse2Known2Lock2Til2Usual2veil1Pdate" +
  "2Grade2hold2on2per2set1Rban2ge1sage2E3D3ful3less2Ual1tility0vacant3uum2gue2Lid3ley3ve2N3ish" +
  "2por2rious2St2ult1ehicle2lvet2ndor3ture3ue2rb3Ify3Sion3Y2ssel2teran1iable2brant2cious3tory2Deo" +
  "2Ew2llage2ntage2olin2Rtual3Us2Sa3It3Ual2Tal2vid1ocal2ice3d2lcano3Ume2te2yage0wage3on2It2Lk3L" +
  "3nut2Nt2rfare3M3rior2sh3p3te2Ter2ve2Y1ealth3pon3r3sel3ther2B2dding2Ekend2ird2lcome2St2t1hale3T" +
  "2eat3el3N3Re2ip3sper1ide3th2fe2Ld3L2N3Dow3e3g3k3ner3Ter2re2sdom3e3H2tness1olf2man2Nder2od3l2Rd" +
  "3K3Ld3Ry3th1rap2eck3stle2ist3Te2Ong0yard1Ear2llow1Ou3Ng3th0zebra2Ro1One2o";

/** Ordinary words that only look like mistyped or shortened list words. */
export const NOT_MISTYPED =
  "accounts ack actions admin adopt ads after ago akin alike along alto amounts and angel anti " +
  "apk appeal appears apply approved are arrived arrives asks assets audio back bad bait balances " +
  "bang bank bare becomes been beg being bip bit block bot bridges but buy calls came cannot cap " +
  "cards cases cast cent center chain chance changed changes charged charges chats checks chose " +
  "claims class clear closed codes coins cold comes confirms connects controls convert cookie " +
  "costs covers dapp date dating days decided decides declined delivery depends deposits derived " +
  "details devices did differs dig dim documents does done dot down drag driver due duke each eip " +
  "email ember ends erased erc even ever every executed exists expired expires expiry exposed " +
  "fact factor fail fake falls far fast faster fear fees fiat files fill finder fixed for forged " +
  "forgot form formal four free freeze from froze full fund fur gave gay get given gives god gone " +
  "got grand grill groups had hands hang has hash hate heel held here hex hey hide his hit holds " +
  "holidays honor hot hours house how hug hum identity included includes involved iphone issued " +
  "issuer keeps keys kinds king known land larger laser last late lawful lead leak least led less " +
  "let lets letters levels limits line links lip lists log login look lose loss lost lot low " +
  "lower lung mac made maker makes manager many mark max may mayor means meet memo men mental " +
  "mere messages methods might min mine minutes mode money months most moved moves named names " +
  "native needs networks new nft node nonce none nor not notes notices numbers offers older ones " +
  "opens oral orders others otp our out pages paid pale part partly past paste patent paths " +
  "paused pay payer payments pays per phones photos phrases pie pin pins placed places plan plant " +
  "plot plus points poker pol pop port possibly pour press prices problems product programs " +
  "protects provider pure questions quite quota ran reach read really received receiver records " +
  "refer refused refuses regions released releases remote removed replaced reply reports required " +
  "requires rest results returns revoke rewards rights rip rock roll rub rules said sale sat " +
  "saved saw says scam scar seconds see sees self sells send sender sent serve services set sha " +
  "shall shared sharp show sides sim simply site skip sky slip slower sob sol sold solved some " +
  "son spaces spam spill stare starts stated stays steps stop store stuck sub sum swaps take " +
  "taken tap targets tax tea tells terms terror than the them these thief thin things think " +
  "tickets tie till times ting tokens told ton too took tools touch trades transfers trc tried " +
  "tron trx typed types uid unclear union unlocks usb user uses using vain value vpn wants war " +
  "was watch ways week weekends weight well went were while white whole why wif with women won " +
  "words works worse would wrote years yet your";
